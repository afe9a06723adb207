using System.Globalization;

namespace HpcGrid.Core.Data;

/// <summary>
/// Where copies of a file are wanted, as the options of the output notation say it (jalien.md 3.4): "VO::SITE::SE" there, "!VO::SITE::SE" not there,
/// "disk=2" so many copies on storage of that kind, "select=1" so many of those named. Names and kinds are compared in any case.
/// </summary>
/// <param name="Named">Storage elements that are to have a copy.</param>
/// <param name="Excluded">Storage elements that are to have none.</param>
/// <param name="Kinds">Kinds of storage, and how many copies on each, beside those named.</param>
/// <param name="Select">How many of those named, or of all when none is; null for all that are named.</param>
public sealed record StorageWish(
    IReadOnlyList<string> Named, IReadOnlyList<string> Excluded, IReadOnlyList<(string Kind, int Copies)> Kinds, int? Select)
{
    /// <summary>The header of an upload that carries it, percent-encoded.</summary>
    public const string Header = "X-Storage-Wish";

    /// <summary>How options are written, for error messages.</summary>
    public const string Example =
        "Options are disk=1 (a kind of storage and how many copies), VO::SITE::SE, !VO::SITE::SE and select=1 (so many of those named).";

    private const int MostCopies = 99;
    private const string SelectKey = "select";

    /// <summary>Nothing particular.</summary>
    public static StorageWish None { get; } = new([], [], [], null);

    /// <summary>True when nothing particular is wanted.</summary>
    public bool IsNone => Named.Count + Excluded.Count + Kinds.Count == 0 && Select is null;

    /// <summary>Reads options. Throws GridError(Invalid) that names the wrong one.</summary>
    public static StorageWish Read(IEnumerable<string> options)
    {
        var (named, excluded, kinds, select) = (new List<string>(), new List<string>(), new List<(string, int)>(), (int?)null);
        foreach (var option in options)
        {
            if (IsElement(option)) (option[0] == '!' ? excluded : named).Add(option.TrimStart('!'));
            else if (Count(option) is not var (key, copies)) throw GridError.Invalid($"the storage option '{option}' is not known", Example);
            else if (key.Equals(SelectKey, StringComparison.OrdinalIgnoreCase)) select = copies;
            else kinds.Add((key, copies));
        }
        return named.Count + excluded.Count + kinds.Count == 0 && select is null ? None : new StorageWish(named, excluded, kinds, select);
    }

    /// <summary>Reads what stands between commas. Throws GridError(Invalid) that names the wrong one.</summary>
    public static StorageWish Parse(string text) => Read(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    /// <summary>True for one well-formed option.</summary>
    public static bool IsOption(string option) => IsElement(option) || Count(option) is not null;

    /// <summary>As it is read by <see cref="Parse"/>.</summary>
    public override string ToString() => string.Join(',',
        [.. Named, .. Excluded.Select(name => "!" + name), .. Kinds.Select(kind => $"{kind.Kind}={kind.Copies}"), .. Select is { } few ? [$"{SelectKey}={few}"]
            : (string[])[]]);

    private static bool IsElement(string option)
    {
        var parts = option.TrimStart('!').Split("::");
        return parts.Length == 3 && Array.TrueForAll(parts, part => part.Length > 0) && !option.StartsWith("!!", StringComparison.Ordinal);
    }

    private static (string Key, int Copies)? Count(string option)
    {
        var equals = option.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && option[..equals] is var key && key.All(char.IsAsciiLetter)
            && int.TryParse(option.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var copies)
            && copies is > 0 and <= MostCopies ? (key, copies) : null;
    }
}
