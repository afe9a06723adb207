using System.Text;
using HpcGrid.Core;
using HpcGrid.Spool;
using Medallion.Shell;

namespace HpcGrid.Bridge.Batch;

/// <summary>What a command of the batch system said.</summary>
public sealed record CommandAnswer(int ExitCode, string Output, string Error);

/// <summary>Runs commands of a batch system: no shell unless one leads to another host, in the language C, with bounds on time, on what is read, and on how many are run in a minute.</summary>
/// <param name="place">Where they run.</param>
/// <param name="patience">How long one may take.</param>
/// <param name="perMinute">Most in a minute: schedulers serve many (R-H5). One that comes too early waits.</param>
/// <param name="time">The clock.</param>
public sealed class BatchCommand(CommandPlace place, TimeSpan patience, int perMinute, TimeProvider time)
{
    private readonly TokenBucket _budget = new(perMinute / 60.0, perMinute);
    private readonly long _start = time.GetTimestamp();

    /// <summary>Most characters that are read of an answer: 100,000 jobs in PBS's JSON are 200 MB.</summary>
    private const int MostCharacters = 256 * 1024 * 1024;

    /// <summary>Without the mark that .NET puts first: a script that is read from standard input begins with "#!".</summary>
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Throws GridError(Unavailable) when it cannot be started or takes too long.</summary>
    public async Task<CommandAnswer> Run(IReadOnlyList<string> words, string? input, CancellationToken ct)
    {
        while (!_budget.TryTake(time.GetElapsedTime(_start), 1)) await Task.Delay(TimeSpan.FromSeconds(60.0 / perMinute), time, ct);
        try
        {
            var all = place.Words(words);
            var command = Command.Run(all[0], all.Skip(1), options => options
                .EnvironmentVariable("LC_ALL", "C").EnvironmentVariable("LANG",
                    "C").Encoding(Utf8).ThrowOnError(false).Timeout(patience).CancellationToken(ct));
            if (input is not null) await command.StandardInput.WriteAsync(input.AsMemory(), ct);
            command.StandardInput.Close();
            var (output, error) = (ReadSome(command.StandardOutput), ReadSome(command.StandardError));
            var result = await command.Task;
            var answer = new CommandAnswer(result.ExitCode, await output, await error);
            place.Check(words, answer);
            return answer;
        }
        catch (TimeoutException e)
        {
            throw new GridError(ErrorCode.Unavailable, $"{words[0]} did not end within {patience.TotalSeconds:0} s",
                "The batch system is slow or away; it is asked again.", e);
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            throw new GridError(ErrorCode.Unavailable, $"{words[0]} could not be run: {e.Message}", "Is it on the bridge's PATH?", e);
        }
    }

    private static async Task<string> ReadSome(Medallion.Shell.Streams.ProcessStreamReader reader)
    {
        var text = new StringBuilder();
        var buffer = new char[64 * 1024];
        for (int read; (read = await reader.ReadAsync(buffer.AsMemory())) > 0;)
            if (text.Length + read <= MostCharacters) text.Append(buffer, 0, read);
        return text.ToString();
    }
}
