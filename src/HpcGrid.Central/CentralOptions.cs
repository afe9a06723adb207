using System.IO.Abstractions;
using System.Net;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace HpcGrid.Central;

/// <summary>central.yaml. What is not said has the value that stands here.</summary>
public sealed record CentralOptions
{
    /// <summary>The virtual organisation; first component of the catalogue.</summary>
    public string Vo { get; init; } = "hpcgrid";

    /// <summary>Address and port; port 0 takes a free one and writes it to central.url.</summary>
    public string Listen { get; init; } = "127.0.0.1:0";

    /// <summary>More host names and addresses that the server's certificate is good for.</summary>
    public string[] HostNames { get; init; } = [];

    /// <summary>The local storage element's name, "VO::SITE::NAME"; empty for "<i>VO</i>::Central::Local".</summary>
    public string StorageName { get; init; } = "";

    /// <summary>The local storage element's directory, absolute or below the home.</summary>
    public string StorageDirectory { get; init; } = "storage";

    /// <summary>
    /// All storage elements, the first of them being where everything goes that wants nothing else; empty for the local one alone. More can be made while
    /// central runs: hpcgrid-central storage add.
    /// </summary>
    public ElementSetting[] StorageElements { get; init; } = [];

    /// <summary>
    /// Program and arguments that get a mail on their standard input when a job with Email has ended, as [/usr/sbin/sendmail, -t, -i]; empty: no mail is sent.
    /// </summary>
    public string[] MailCommand { get; init; } = [];

    /// <summary>A bridge silent for so many seconds is shown as lost.</summary>
    public int LeaseSeconds { get; init; } = 120;

    /// <summary>A bridge silent for so many seconds has lost its jobs.</summary>
    public int GiveUpSeconds { get; init; } = 3600;

    /// <summary>
    /// Jobs that ended so many hours ago (of a master: all of it) move to the archive. Everything shows them as before, and they can be resubmitted; what
    /// is looked at all the time stays small.
    /// </summary>
    public int ArchiveAfterHours { get; init; } = 24;

    /// <summary>The storage elements that this file describes; at least one.</summary>
    [YamlIgnore]
    public IReadOnlyList<ElementSetting> Elements => StorageElements.Length > 0 ? StorageElements
        : [new ElementSetting { Name = StorageName.Length > 0 ? StorageName : $"{Vo.ToUpperInvariant()}::Central::Local", Directory = StorageDirectory }];

    /// <summary>Where to listen. Throws GridError(Invalid).</summary>
    [YamlIgnore]
    public IPEndPoint EndPoint => IPEndPoint.TryParse(Listen.Replace("localhost:", "127.0.0.1:", StringComparison.Ordinal), out var point)
        && Listen.Contains(':')
        ? point
        : throw GridError.Invalid($"listen: '{Listen}' is not an address and port", "For instance 127.0.0.1:8443, or 0.0.0.0:8443 for all interfaces.");

    /// <summary>Reads and checks a file. Throws GridError that tells line and remedy.</summary>
    public static CentralOptions Read(IFileSystem files, string path)
    {
        if (!files.File.Exists(path)) throw GridError.NotFound($"there is no {path}", "Make a home first: hpcgrid-central init --home DIR.");
        try
        {
            var options = new DeserializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build()
                .Deserialize<CentralOptions?>(files.File.ReadAllText(path)) ?? new CentralOptions();
            options.Check();
            return options;
        }
        catch (YamlException e)
        {
            throw new GridError(ErrorCode.Invalid, $"{path}, line {e.Start.Line}, column {e.Start.Column}: {e.InnerException?.Message ?? e.Message}",
                "See all keys with their values: hpcgrid-central run --print-config.", e);
        }
    }

    /// <summary>As YAML, with every key.</summary>
    public string Print() => new SerializerBuilder().WithNamingConvention(CamelCaseNamingConvention.Instance).Build().Serialize(this);

    /// <summary>Throws GridError(Invalid) that names the key.</summary>
    public void Check()
    {
        _ = EndPoint;
        if (Vo.Length is 0 or > 32 || !Vo.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') || !char.IsAsciiLetter(Vo[0]))
            throw GridError.Invalid($"vo: '{Vo}' is not a name", "Up to 32 ASCII letters, digits, '-', '_' and '.', starting with a letter.");
        foreach (var element in Elements) element.Check();
        if (Elements.Count > Limits.Elements) throw GridError.Invalid($"storageElements: {Elements.Count} of them", $"At most {Limits.Elements} serve.");
        if (Elements.GroupBy(element => element.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw GridError.Invalid($"storageElements: {twice.Key} is there twice", "Give each a name of its own.");
        if (MailCommand is ["", ..])
            throw GridError.Invalid("mailCommand: its first word is empty", "Name a program: mailCommand: [/usr/sbin/sendmail, -t, -i]");
        if (LeaseSeconds is < 2 or > 86_400) throw GridError.Invalid($"leaseSeconds: {LeaseSeconds} is not between 2 and 86400");
        if (ArchiveAfterHours is < 0 or > 24 * 3650) throw GridError.Invalid($"archiveAfterHours: {ArchiveAfterHours} is not between 0 and ten years");
        if (GiveUpSeconds < LeaseSeconds || GiveUpSeconds > 30 * 86_400)
            throw GridError.Invalid($"giveUpSeconds: {GiveUpSeconds} is not between leaseSeconds and 30 days");
    }
}
