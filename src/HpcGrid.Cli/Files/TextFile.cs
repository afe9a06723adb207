using HpcGrid.Core;

namespace HpcGrid.Cli.Files;

/// <summary>Texts that a command reads whole: a file, or with "-" standard input.</summary>
internal static class TextFile
{
    /// <summary>Throws GridError: NotFound, Denied, TooLarge for what central would not take anyway, Invalid for bytes that are no UTF-8 text.</summary>
    public static async Task<string> Read(string file, string what, Session session, CancellationToken ct)
    {
        if (file == "-") return await ReadInput(what, session, ct);
        try
        {
            if (new FileInfo(file).Length > Limits.LargestJdl) throw TooLarge(what, file);
            return await File.ReadAllTextAsync(file, new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true), ct);
        }
        catch (System.Text.DecoderFallbackException e)
        {
            throw new GridError(ErrorCode.Invalid, $"{what} '{file}' is no text in UTF-8: {e.Message}", "Convert it with iconv, or name the right file.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GridError(e is FileNotFoundException or DirectoryNotFoundException ? ErrorCode.NotFound : ErrorCode.Denied,
                $"{what} '{file}' cannot be read: {e.Message}",
                "Check the name. A plain command is written behind '--': hpcgrid submit -- /bin/echo hello", e);
        }
    }

    private static async Task<string> ReadInput(string what, Session session, CancellationToken ct)
    {
        if (session.Terminal.InputIsPerson) session.Terminal.Error.WriteLine($"Type {what}, then Ctrl-D on a line of its own.");
        var buffer = new char[Limits.LargestJdl + 1];
        var read = await session.Terminal.Input.ReadBlockAsync(buffer.AsMemory(), ct);
        return read <= Limits.LargestJdl ? new string(buffer, 0, read) : throw TooLarge(what, "standard input");
    }

    private static GridError TooLarge(string what, string file) => new(ErrorCode.TooLarge,
        $"{what} '{file}' is larger than {Limits.LargestJdl / 1024 / 1024} MB", "Submit the description of the work, not its program or data.");
}
