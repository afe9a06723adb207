using System.Globalization;

namespace HpcGrid.Spool;

/// <summary>
/// Reads a file name piece by piece and strictly: a number has no sign, no leading zero and no blank, so that every accepted name
/// is exactly what the writer of our names would have written.
/// </summary>
internal ref struct NameReader(string name)
{
    private ReadOnlySpan<char> _rest = name;

    /// <summary>True when nothing is left.</summary>
    public readonly bool AtEnd => _rest.IsEmpty;

    /// <summary>Takes this very text.</summary>
    public bool Take(string literal)
    {
        if (!_rest.StartsWith(literal, StringComparison.Ordinal)) return false;
        _rest = _rest[literal.Length..];
        return true;
    }

    /// <summary>Takes digits: 0 or a number without a leading zero that fits into 63 bits.</summary>
    public bool TakeNumber(out long value)
    {
        var length = 0;
        while (length < _rest.Length && char.IsAsciiDigit(_rest[length])) length++;
        value = 0;
        if (length == 0 || (length > 1 && _rest[0] == '0')) return false;
        if (!long.TryParse(_rest[..length], NumberStyles.None, CultureInfo.InvariantCulture, out value)) return false;
        _rest = _rest[length..];
        return true;
    }

    /// <summary>Like <see cref="TakeNumber"/>, within 31 bits.</summary>
    public bool TakeInt(out int value)
    {
        var fits = TakeNumber(out var number) && number <= int.MaxValue;
        value = fits ? (int)number : 0;
        return fits;
    }

    /// <summary>Takes one or more lower-case letters and digits.</summary>
    public bool TakeWord(out string word)
    {
        var length = 0;
        while (length < _rest.Length && (char.IsAsciiDigit(_rest[length]) || char.IsAsciiLetterLower(_rest[length]))) length++;
        word = _rest[..length].ToString();
        _rest = _rest[length..];
        return length > 0;
    }

    /// <summary>Takes what stands before the text, at least one character, and leaves the text.</summary>
    public bool TakeUntil(string literal, out string taken)
    {
        var length = _rest.IndexOf(literal, StringComparison.Ordinal);
        taken = length > 0 ? _rest[..length].ToString() : "";
        if (length > 0) _rest = _rest[length..];
        return length > 0;
    }

    /// <summary>Takes all the rest.</summary>
    public string TakeRest()
    {
        var rest = _rest.ToString();
        _rest = default;
        return rest;
    }
}
