using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>The plain names of the layout (PROTOCOL 3) and the parsers of those that carry no more than a number or a nonce.</summary>
public static class SpoolNames
{
    public const string Sentinel = "cluster.id";
    public const string Keys = "keys";
    public const string Bridge = "bridge";
    public const string Pool = "pool";
    public const string Cache = "cache";
    public const string Agents = "agents";
    public const string Heartbeats = "hb";
    public const string Corrupt = "corrupt";
    public const string Withdrawn = "withdrawn";
    public const string Live = "live";
    public const string Claim = "claim";
    public const string Out = "out";
    public const string In = "in";
    public const string Card = "card.json";
    private const string TemporaryPrefix = ".t.";
    private const string NewPrefix = ".new.", EntryPrefix = "entry.";

    /// <summary>".t.[nonce]" of an agent, ".t.e[E].[nonce]" of a bridge: a bridge deletes those of dead generations (B2).</summary>
    public static string Temporary(long? epoch, string nonce) =>
        epoch is { } number ? string.Create(CultureInfo.InvariantCulture, $"{TemporaryPrefix}e{number}.{nonce}") : TemporaryPrefix + nonce;

    /// <summary>True for a temporary name of anybody; readers skip those.</summary>
    public static bool IsTemporary(string name) => name.StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    /// <summary>True for a bridge's temporary name; its generation.</summary>
    public static bool TryParseTemporary(string name, out long epoch)
    {
        epoch = 0;
        var reader = new NameReader(name);
        return reader.Take(TemporaryPrefix + "e") && reader.TakeNumber(out epoch) && reader.Take(".") && reader.TakeWord(out _) && reader.AtEnd;
    }

    /// <summary>".new.[agent].[nonce]": an agent's directory before it is complete; the nonce is that of one try to enter.</summary>
    public static string NewAgent(string agent, string entry) => $"{NewPrefix}{agent}.{entry}";

    /// <summary>Reads a <see cref="NewAgent"/> name.</summary>
    public static bool TryParseNewAgent(string name, out string agent)
    {
        agent = "";
        var end = name.LastIndexOf('.');
        if (!name.StartsWith(NewPrefix, StringComparison.Ordinal) || end < NewPrefix.Length) return false;
        agent = name[NewPrefix.Length..end];
        var entry = new NameReader(name[(end + 1)..]);
        return AgentName.IsWellFormed(agent) && entry.TakeWord(out _) && entry.AtEnd;
    }

    /// <summary>"entry.[nonce]": empty, beside `live`; says which process's directory it is.</summary>
    public static string Entry(string nonce) => EntryPrefix + nonce;

    /// <summary>Reads an <see cref="Entry"/> name.</summary>
    public static bool TryParseEntry(string name, out string nonce)
    {
        nonce = "";
        var reader = new NameReader(name);
        return reader.Take(EntryPrefix) && reader.TakeWord(out nonce) && reader.AtEnd;
    }

    /// <summary>"fenced.[E]".</summary>
    public static string Fenced(long epoch) => string.Create(CultureInfo.InvariantCulture, $"fenced.{epoch}");

    /// <summary>Reads a <see cref="Fenced"/> name.</summary>
    public static bool TryParseFenced(string name, out long epoch)
    {
        epoch = 0;
        var reader = new NameReader(name);
        return reader.Take("fenced.") && reader.TakeNumber(out epoch) && reader.AtEnd;
    }

    /// <summary>"canary.[n]": the bridge times its own operation on it (freeze rule, PROTOCOL 6).</summary>
    public static string Canary(long number) => string.Create(CultureInfo.InvariantCulture, $"canary.{number}");

    /// <summary>Reads a <see cref="Canary"/> name.</summary>
    public static bool TryParseCanary(string name, out long number)
    {
        number = 0;
        var reader = new NameReader(name);
        return reader.Take("canary.") && reader.TakeNumber(out number) && reader.AtEnd;
    }

    /// <summary>"keys.[sequence].json".</summary>
    public static string KeysFile(long sequence) => string.Create(CultureInfo.InvariantCulture, $"keys.{sequence}.json");

    /// <summary>Reads a <see cref="KeysFile"/> name.</summary>
    public static bool TryParseKeysFile(string name, out long sequence)
    {
        sequence = 0;
        var reader = new NameReader(name);
        return reader.Take("keys.") && reader.TakeNumber(out sequence) && reader.Take(".json") && reader.AtEnd;
    }

    /// <summary>One of the directories that pool and heartbeats are divided into: "00" to "15".</summary>
    public static string Shard(int number) => number.ToString("D2", CultureInfo.InvariantCulture);

    /// <summary>True for a SHA-256 in lower-case hex, the name of a cached file.</summary>
    public static bool IsSha256(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>"[nonce].[name]" of a quarantined file; the name is cleaned as an output's label is.</summary>
    public static string Quarantined(string nonce, string name) => $"{nonce}.{OutputName.LabelOf(name)}";
}
