using System.Text;
using System.Xml;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Central.Broker;

/// <summary>
/// Reads files that list input files: AliEn's XML collections (every file element with an lfn) and plain lists, a path a line. They come from users:
/// no DTD, no entity, nothing outside the file is looked at, and sizes are bounded. Throws GridError.
/// </summary>
public sealed class CollectionReader(StorageElements elements)
{
    /// <summary>The paths in the order of the file.</summary>
    public IReadOnlyList<string> Read(SourceFile file)
    {
        if (file.Content.Size > Limits.CollectionBytes)
            throw new GridError(ErrorCode.TooLarge, $"the collection {file.Lfn} has {file.Content.Size} bytes", $"At most {Limits.CollectionBytes} are read.");
        using var bytes = new MemoryStream((int)file.Content.Size);
        using (var stored = elements.Open(file)) stored.CopyTo(bytes);
        var paths = IsXml(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)) ? ReadXml(file.Lfn, bytes) : ReadLines(file.Lfn, bytes.ToArray());
        return paths.Count switch
        {
            0 => throw GridError.Invalid($"the collection {file.Lfn} names no file",
                "An XML collection holds <file lfn=\"/path\"/>; a plain list holds a path a line."),
            > Limits.SplitInputs => throw new GridError(ErrorCode.TooLarge, $"the collection {file.Lfn} names {paths.Count} files",
                $"At most {Limits.SplitInputs} are allowed."),
            _ => paths,
        };
    }

    private static bool IsXml(ReadOnlySpan<byte> bytes)
    {
        var start = bytes.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        var first = bytes[start..].IndexOfAnyExcept(" \t\r\n"u8);
        return first >= 0 && bytes[start + first] == (byte)'<';
    }

    private static List<string> ReadXml(string lfn, MemoryStream bytes)
    {
        bytes.Position = 0;
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = Limits.CollectionBytes, IgnoreComments = true,
            IgnoreWhitespace = true, IgnoreProcessingInstructions = true,
        };
        var paths = new List<string>();
        try
        {
            using var reader = XmlReader.Create(bytes, settings);
            while (reader.Read())
                if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "file" && reader.GetAttribute("lfn") is { Length: > 0 } path) paths.Add(path);
        }
        catch (XmlException e)
        {
            throw new GridError(ErrorCode.Invalid, $"the collection {lfn} cannot be read: {e.Message}", "It must be well-formed XML without a DTD.", e);
        }
        return paths;
    }

    private static List<string> ReadLines(string lfn, byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (text.AsSpan().ContainsAny('\0', '\uFFFD'))
            throw GridError.Invalid($"the collection {lfn} is neither XML nor text", "Write a path a line, or an XML collection.");
        return [.. text.TrimStart('\uFEFF').Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(line => line[0] != '#')];
    }
}
