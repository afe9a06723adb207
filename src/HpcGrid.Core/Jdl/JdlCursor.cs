using System.Globalization;
using System.Text;

namespace HpcGrid.Core.Jdl;

/// <summary>Where an argument is put in for $1; that decides what it may hold.</summary>
internal enum ArgumentPlace
{
    /// <summary>In a text: anything.</summary>
    Text,
    /// <summary>In a string inside an expression, which will be read once more: anything, escaped.</summary>
    QuotedAgain,
    /// <summary>Outside quotes: nothing that could end the value, or begin another.</summary>
    Bare,
}

/// <summary>A position in JDL text with what every part of its grammar needs: blanks and comments, $1, places, faults.</summary>
internal sealed class JdlCursor(string text, IReadOnlyList<string> arguments, Faults faults)
{
    private const int LongestArgumentNumber = 5;
    private readonly LineIndex _lines = new(text);
    private long _putIn;

    public int At { get; set; } = text.StartsWith('\uFEFF') ? 1 : 0;
    public bool AtEnd => At >= text.Length;
    public char Current => At < text.Length ? text[At] : '\0';
    public bool AtLineStart => At == 0 || text[At - 1] is '\n' or '\uFEFF';
    public TextPlace Place => PlaceOf(At);

    public TextPlace PlaceOf(int offset) => _lines.PlaceOf(Math.Min(offset, text.Length));
    public TextMap MapFromHere() => new(_lines, At);
    public string Since(int start) => text[start..At];

    /// <summary>Takes the character when it stands here.</summary>
    public bool Take(char c)
    {
        if (AtEnd || text[At] != c) return false;
        At++;
        return true;
    }

    /// <summary>Goes over blanks, and over lines whose first character is '#'.</summary>
    public void SkipBlanks()
    {
        for (var fresh = AtLineStart; !AtEnd; At++)
        {
            if (text[At] == '\n') fresh = true;
            else if (fresh && text[At] == '#') At = LineEnd(At) - 1;
            else if (!char.IsWhiteSpace(text[At])) return;
        }
    }

    /// <summary>At a line's start: the length of the comment that fills this line, or 0.</summary>
    public int CommentLength()
    {
        var hash = AfterBlanks(At);
        return hash < text.Length && text[hash] == '#' ? LineEnd(hash) - At : 0;
    }

    public string TakeKey()
    {
        var start = At;
        while (!AtEnd && IsKeyCharacter(text[At])) At++;
        return Since(start);
    }

    /// <summary>True when `name =` comes next, and '=' is no comparison: there an entry begins, whatever stood before.</summary>
    public bool AtKey()
    {
        var start = AfterBlanks(At);
        var end = start;
        while (end < text.Length && IsKeyCharacter(text[end])) end++;
        var equals = AfterBlanks(end);
        return end > start && equals < text.Length && text[equals] == '='
            && (equals + 1 == text.Length || text[equals + 1] is not ('=' or '?' or '!'));
    }

    /// <summary>After a fault: behind the next ';', or before the next line that begins with a key.</summary>
    public void SkipToNextEntry()
    {
        for (var inString = false; !AtEnd; At++)
        {
            if (text[At] == '\\' && At + 1 < text.Length) At++;
            else if (text[At] == '"') inString = !inString;
            else if (inString) continue;
            else if (text[At] == ';') { At++; return; }
            else if (AtLineStart && AtKey()) return;
        }
    }

    /// <summary>After a fault behind which nothing can be told apart.</summary>
    public void SkipToEnd() => At = text.Length;

    /// <summary>Letters, digits and what names are joined with; empty when none stands here.</summary>
    public string TakeBareWord()
    {
        var start = At;
        while (!AtEnd && (IsKeyCharacter(text[At]) || text[At] is '.' or '-' or '+')) At++;
        return Since(start);
    }

    /// <summary>Copies one character, or the argument that $n stands for. True when an argument was put in.</summary>
    public bool Copy(StringBuilder to, ArgumentPlace place)
    {
        var end = At + 1;
        if (text[At] == '$')
            while (end < text.Length && end - At <= LongestArgumentNumber && char.IsAsciiDigit(text[end])) end++;
        if (end == At + 1 || text[At + 1] == '0')
        {
            to.Append(text[At++]);
            return false;
        }
        var number = int.Parse(text.AsSpan(At + 1, end - At - 1), NumberStyles.None, CultureInfo.InvariantCulture);
        if (number <= arguments.Count) PutIn(to, number, arguments[number - 1], place);
        else
            Fail(At, $"${number} has no value: the submission gave {arguments.Count} arguments",
                $"Give at least {number} arguments at submission, or write \\${number} in a string for the text itself.");
        At = end;
        return true;
    }

    /// <summary>Adds a fault and answers false, for callers that end with it.</summary>
    public bool Fail(int at, string message, string hint)
    {
        faults.Add(PlaceOf(at), message, hint);
        return false;
    }

    /// <summary>A long argument named often would grow without bound, so what is put in counts towards the longest description.</summary>
    private void PutIn(StringBuilder to, int number, string argument, ArgumentPlace place)
    {
        _putIn += argument.Length;
        if (place == ArgumentPlace.Bare && !IsBareWord(argument))
            Fail(At, $"${number} stands outside quotes and is {Faults.Shown(argument)}",
                $"Write \"${number}\", or give an argument without quotes, braces, ';' and '='.");
        else if (_putIn <= Limits.LongestJdl) to.Append(place == ArgumentPlace.QuotedAgain ? JdlText.Quote(argument)[1..^1] : argument);
        else Fail(At, "the arguments put in make the description longer than 10 MB", "Put long texts into a file and name it in InputFile.");
    }

    private static bool IsBareWord(string argument) =>
        argument.Length > 0 && argument.Trim().Length == argument.Length && !argument.AsSpan().ContainsAny("\"\\;[]{}#=")
        && !argument.Any(char.IsControl);

    private int LineEnd(int at)
    {
        var end = text.IndexOf('\n', at);
        return end < 0 ? text.Length : end;
    }

    private int AfterBlanks(int at)
    {
        while (at < text.Length && text[at] is ' ' or '\t' or '\r') at++;
        return at;
    }

    private static bool IsKeyCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
