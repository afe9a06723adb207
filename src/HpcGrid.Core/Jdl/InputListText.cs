using System.Globalization;
using System.Text;
using System.Xml;
using HpcGrid.Core.Data;

namespace HpcGrid.Core.Jdl;

/// <summary>Writes InputDataList: AliEn's XML collection or a plain list. Pure: the same files give the same bytes.</summary>
public static class InputListText
{
    private static readonly XmlWriterSettings Settings = new() { Indent = true, NewLineChars = "\n", OmitXmlDeclaration = false, Encoding =
        new UTF8Encoding(false) };

    public static string Write(InputListFormat format, IReadOnlyList<DataFile> files) => format switch
    {
        InputListFormat.XmlSingle => Xml([.. files.Select(file => (IReadOnlyList<DataFile>)[file])]),
        InputListFormat.XmlGroup => Xml([.. files.GroupBy(file => Lfn.Parse(file.Source.Lfn).Parent.Path, StringComparer.Ordinal).Select(group =>
            (IReadOnlyList<DataFile>)[.. group])]),
        InputListFormat.TextList => string.Concat(files.Select(file => file.Source.Lfn + "\n")),
        _ => throw new InvalidOperationException($"{format} is no format InputListText knows"),
    };

    private static string Xml(IReadOnlyList<IReadOnlyList<DataFile>> events)
    {
        using var bytes = new MemoryStream();
        using (var writer = XmlWriter.Create(bytes, Settings))
        {
            writer.WriteStartElement("alien");
            writer.WriteStartElement("collection");
            writer.WriteAttributeString("name", "inputs");
            for (var i = 0; i < events.Count; i++)
            {
                writer.WriteStartElement("event");
                writer.WriteAttributeString("name", (i + 1).ToString(CultureInfo.InvariantCulture));
                foreach (var file in events[i]) WriteFile(writer, file);
                writer.WriteEndElement();
            }
            writer.WriteEndElement();
            writer.WriteEndElement();
        }
        return Encoding.UTF8.GetString(bytes.ToArray()) + "\n";
    }

    /// <summary>A fetched file is opened by its name in the sandbox; another one only by who can reach the storage.</summary>
    private static void WriteFile(XmlWriter writer, DataFile file)
    {
        var lfn = Lfn.Parse(file.Source.Lfn);
        writer.WriteStartElement("file");
        writer.WriteAttributeString("name", Legal(file.Source.As ?? lfn.Name));
        writer.WriteAttributeString("lfn", Legal(lfn.Path));
        writer.WriteAttributeString("size", file.Source.Content.Size.ToString(CultureInfo.InvariantCulture));
        writer.WriteAttributeString("sha256", file.Source.Content.Sha256);
        writer.WriteAttributeString("turl", Legal(file.IsFetched ? file.Source.As ?? lfn.Name : "alien://" + lfn.Path));
        writer.WriteAttributeString("type", "f");
        writer.WriteEndElement();
    }

    /// <summary>XML has no way to write control characters; a name may hold them.</summary>
    private static string Legal(string text) => string.Concat(text.EnumerateRunes().Select(rune =>
        rune.Value is 9 or 10 or 13 || rune.Value >= 32 && rune.Value is not (0xFFFE or 0xFFFF) ? rune.ToString() : "?"));
}
