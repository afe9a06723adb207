using HpcGrid.Core;

namespace HpcGrid.Central.Storage;

/// <summary>What an admin says of one storage element.</summary>
public sealed record ElementSetting
{
    /// <summary>"VO::SITE::NAME".</summary>
    public string Name { get; init; } = "";

    /// <summary>Its directory, absolute or below central's home.</summary>
    public string Directory { get; init; } = "";

    /// <summary>Kinds of storage that it counts as: disk, tape …; letters.</summary>
    public string[] Kinds { get; init; } = ["disk"];

    /// <summary>The site that it is close to; empty for none.</summary>
    public string Site { get; init; } = "";

    /// <summary>Bytes that it may hold; 0 for what its disk has.</summary>
    public long Capacity { get; init; }

    /// <summary>It takes no new files; those it has are read.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Throws GridError(Invalid) that names what is wrong.</summary>
    public void Check()
    {
        var parts = Name.Split("::");
        if (Name.Length > Limits.ElementName || parts.Length != 3
            || !Array.TrueForAll(parts, part => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
            throw GridError.Invalid($"'{Name}' is no name of a storage element", "Write VO::SITE::NAME, of ASCII letters, digits, '-', '_' and '.'.");
        if (Directory.Length == 0) throw GridError.Invalid($"{Name} has no directory", "Say where its files lie, absolute or below central's home.");
        if (Kinds.FirstOrDefault(kind => kind.Length == 0 || !kind.All(char.IsAsciiLetter) || kind.Equals("select", StringComparison.OrdinalIgnoreCase))
            is { } kind)
            throw GridError.Invalid($"{Name}: '{kind}' is no kind of storage", "A kind is a word of letters, as disk or tape, and not 'select'.");
        if (Capacity < 0) throw GridError.Invalid($"{Name}: a capacity of {Capacity} bytes", "0 means what its disk has.");
    }
}
