using System.Text;

namespace HpcGrid.SimBatch.Calls;

/// <summary>The lines of a script that are for its batch system.</summary>
internal static class Directives
{
    /// <summary>The words of all lines that begin with the prefix, down to the first command.</summary>
    public static IReadOnlyList<string> Read(string script, string prefix)
    {
        var words = new List<string>();
        foreach (var line in script.Split('\n').Select(line => line.TrimEnd('\r')))
        {
            if (line.StartsWith(prefix + " ", StringComparison.Ordinal) || line.StartsWith(prefix + "\t", StringComparison.Ordinal))
                words.AddRange(Words(line[prefix.Length..]));
            else if (line.Trim().Length > 0 && line[0] != '#') break;
        }
        return words;
    }

    /// <summary>Split at blanks, with quotes as a shell has them; nothing is expanded. A word that begins with # ends the line.</summary>
    private static List<string> Words(string line)
    {
        var (words, word, quote, begun) = (new List<string>(), new StringBuilder(), '\0', false);
        foreach (var c in line + " ")
        {
            if (quote != '\0')
            {
                if (c == quote) quote = '\0';
                else word.Append(c);
            }
            else if (c is '\'' or '"') (quote, begun) = (c, true);
            else if (c is not (' ' or '\t')) (_, begun) = (word.Append(c), true);
            else if (begun)
            {
                if (word.Length > 0 && word[0] == '#') return words;
                words.Add(word.ToString());
                (word, begun) = (new StringBuilder(), false);
            }
        }
        return words;
    }
}
