using HpcGrid.Core;

namespace HpcGrid.Client;

/// <summary>
/// Reads client.yaml: `key: value` lines and # comments, the flat subset of YAML that such a file needs. Paths are relative
/// to the file. Everything unknown is refused by line, because a misspelt `certificate` must not end as "not authenticated".
/// </summary>
public static class ClientFile
{
    private static readonly string[] Keys = ["central", "ca", "certificate", "key"];

    /// <summary>Throws GridError: NotFound when there is no such file, Invalid with the line for a wrong one.</summary>
    public static CentralAddress Read(string path)
    {
        var full = Path.GetFullPath(path);
        var values = ReadValues(full);
        var directory = Path.GetDirectoryName(full) ?? "/";
        var central = values.GetValueOrDefault("central")
            ?? throw GridError.Invalid($"'{path}' has no 'central'", "Add a line like: central: https://127.0.0.1:8443");
        var ca = values.GetValueOrDefault("ca")
            ?? throw GridError.Invalid($"'{path}' has no 'ca'", "Add a line like: ca: ca.pem (the file is made by `hpcgrid-central init`).");
        return new CentralAddress(ReadUrl(central, directory, path), Path.Combine(directory, ca),
            Below(directory, values.GetValueOrDefault("certificate")), Below(directory, values.GetValueOrDefault("key")));
    }

    private static string? Below(string directory, string? path) => path is null ? null : Path.Combine(directory, path);

    private static Uri ReadUrl(string text, string directory, string path)
    {
        // "file:../x" is relative to client.yaml; a Uri cannot say that.
        if (text.StartsWith("file:", StringComparison.Ordinal))
        {
            var file = text["file:".Length..];
            if (file.StartsWith("//", StringComparison.Ordinal)) file = "/" + file.TrimStart('/');
            return new UriBuilder(Uri.UriSchemeFile, "") { Path = Path.GetFullPath(Path.Combine(directory, file)) }.Uri;
        }
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps
            ? url
            : throw GridError.Invalid($"'central: {text}' in '{path}' is not an https url",
                "Write https://host:port, or file:PATH of central's central.url.");
    }

    private static Dictionary<string, string> ReadValues(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        var number = 0;
        foreach (var raw in ReadLines(path))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] == '#' || line == "---") continue;
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || (colon + 1 < line.Length && line[colon + 1] != ' '))
                throw GridError.Invalid($"'{path}', line {number}: '{Shorten(line)}' is not 'key: value'",
                    "Each line is a key, a colon, a blank and a value.");
            var key = line[..colon].Trim();
            if (!Keys.Contains(key))
                throw GridError.Invalid($"'{path}', line {number}: '{Shorten(key)}' is not a key of this file",
                    $"The keys are {string.Join(", ", Keys)}.");
            if (!values.TryAdd(key, Unquote(line[(colon + 1)..].Trim(), path, number)))
                throw GridError.Invalid($"'{path}', line {number}: '{key}' is given twice", "Keep one of the two lines.");
        }
        return values;
    }

    private static string Unquote(string value, string path, int number)
    {
        var quote = value.Length > 0 ? value[0] : ' ';
        if (quote is '"' or '\'')
            return value.Length > 1 && value[^1] == quote
                ? value[1..^1]
                : throw GridError.Invalid($"'{path}', line {number}: the quote is not closed", $"End the value with {quote}.");
        var comment = value.IndexOf(" #", StringComparison.Ordinal);
        if (comment >= 0) value = value[..comment].TrimEnd();
        return value.Length > 0
            ? value
            : throw GridError.Invalid($"'{path}', line {number}: the value is missing", "Write it after the colon, or remove the line.");
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            if (new FileInfo(path).Length > Limits.LargestConfiguration)
                throw GridError.Invalid($"'{path}' is too large for a client configuration",
                "Name a client.yaml.");
            return File.ReadAllLines(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new GridError(ErrorCode.NotFound, $"there is no client configuration at '{path}'",
                "Ask the grid's operator for your client.yaml (`hpcgrid-central user add NAME` makes it).", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(ErrorCode.Denied, $"'{path}' cannot be read: {e.Message}", "Check its permissions.", e);
        }
    }

    private static string Shorten(string text) => text.Length <= 60 ? text : text[..60] + "…";
}
