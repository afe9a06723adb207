namespace HpcGrid.SimBatch.Calls;

/// <summary>A command line as it was read: options by their long names, in order, and the words behind them.</summary>
internal sealed record Given(IReadOnlyList<(string Name, string Value)> Options, IReadOnlyList<string> Rest)
{
    public bool Has(string name) => Options.Any(option => option.Name == name);

    /// <summary>The last one counts; null when it was not given.</summary>
    public string? Last(string name) => Options.LastOrDefault(option => option.Name == name).Value;

    public string Last(string name, string otherwise) => Last(name) is { Length: > 0 } value ? value : otherwise;

    public IEnumerable<string> All(string name) => Options.Where(option => option.Name == name).Select(option => option.Value);

    /// <summary>These, and others that count more.</summary>
    public Given With(Given stronger) => new([.. Options, .. stronger.Options], stronger.Rest);
}

/// <summary>How a command's options are written.</summary>
internal enum OptionStyle
{
    /// <summary>-N 4, -N4, --nodes 4, --nodes=4.</summary>
    Gnu,
    /// <summary>-l value, -lvalue, and whole words behind one dash: -nnodes 4.</summary>
    OneDash,
}

/// <summary>
/// The options of a command: "J|job-name=" takes a value, "H|hold" takes none, "exclusive?" one with '=' alone. The last name is the option's.
/// </summary>
internal sealed class OptionReader
{
    private readonly OptionStyle _style;
    private readonly Dictionary<string, (string Name, char Kind)> _known = [];

    public OptionReader(OptionStyle style, string options)
    {
        _style = style;
        foreach (var option in options.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var kind = option[^1] is '=' or '?' ? option[^1] : ' ';
            var names = option.TrimEnd('=', '?').Split('|');
            foreach (var name in names) _known[name] = (names[^1], kind);
        }
    }

    /// <summary>Stops at the first word that is no option. Throws <see cref="Refused"/> with what <paramref name="unknown"/> makes of an option.</summary>
    public Given Read(IReadOnlyList<string> words, Func<string, Refused> unknown)
    {
        var options = new List<(string, string)>();
        for (var at = 0; at < words.Count; at++)
        {
            var word = words[at];
            if (word == "--") return new Given(options, [.. words.Skip(at + 1)]);
            if (word.Length < 2 || word[0] != '-') return new Given(options, [.. words.Skip(at)]);
            var (option, kind, attached) = Find(word) ?? throw unknown(word);
            if (kind != '=' || attached is not null) options.Add((option, attached ?? ""));
            else options.Add((option, ++at < words.Count ? words[at] : throw unknown(word)));
        }
        return new Given(options, []);
    }

    private (string Name, char Kind, string? Attached)? Find(string word)
    {
        if (_style == OptionStyle.OneDash) return Whole(word[1..], null) ?? Short(word);
        if (!word.StartsWith("--", StringComparison.Ordinal)) return Short(word);
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? Whole(word[2..], null) : Whole(word[2..equals], word[(equals + 1)..]);
    }

    private (string, char, string?)? Whole(string name, string? value) => _known.TryGetValue(name, out var known) ? (known.Name, known.Kind, value) : null;

    private (string, char, string?)? Short(string word) => _known.TryGetValue(word[1..2], out var known)
        ? (known.Name, known.Kind, word.Length == 2 ? null : known.Kind == '=' ? word[2..] : "") : null;
}
