namespace HpcGrid.Cli.Output;

/// <summary>Words as a person would type them into a shell: for reading only, nothing is ever run from it.</summary>
internal static class ShellText
{
    private const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,@%+#";

    public static string Of(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    private static string Quoted(string word) =>
        word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain) && word[0] != '#' ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
