namespace HpcGrid.Core.Data;

/// <summary>File name patterns: '*' stands for any characters, '?' for one.</summary>
public static class NamePattern
{
    public static bool IsPattern(string name) => name.AsSpan().ContainsAny('*', '?');

    public static bool Matches(string pattern, string name)
    {
        int p = 0, n = 0, star = -1, retry = 0;
        while (n < name.Length)
        {
            if (p < pattern.Length && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*') { p++; n++; }
            else if (p < pattern.Length && pattern[p] == '*') { star = p++; retry = n; }
            else if (star >= 0) { p = star + 1; n = ++retry; }
            else return false;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }
}
