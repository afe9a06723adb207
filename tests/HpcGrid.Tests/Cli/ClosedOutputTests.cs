using System.Diagnostics;
using System.Runtime.InteropServices;
using HpcGrid.Cli;
using HpcGrid.Cli.Output;
using HpcGrid.Core;

namespace HpcGrid.Tests.Cli;

/// <summary>A reader that leaves early, as `head` does.</summary>
public sealed class ClosedOutputTests
{
    [Test]
    public async Task A_command_whose_reader_has_left_ends_without_a_word()
    {
        // The reader is gone before the program writes its first byte.
        const string script = "exec 3> >(exit 0); wait $!; \"$0\" help --markdown >&3; echo $?";
        var program = Path.Combine(TestContext.CurrentContext.TestDirectory, "hpcgrid");
        var root = Environment.GetEnvironmentVariable("DOTNET_ROOT") ?? Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../.."));
        using var bash = Process.Start(new ProcessStartInfo("bash", ["--norc", "-c", script, program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_ROOT"] = root },
        })!;
        var said = bash.StandardError.ReadToEndAsync();
        Assert.That(await bash.StandardOutput.ReadToEndAsync(), Is.EqualTo($"{ExitCodes.OutputClosed}\n"));
        Assert.That(await said, Is.Empty);
    }

    [Test]
    public void Only_a_broken_pipe_is_a_reader_that_left()
    {
        var broken = new IOException("Broken pipe", 32);
        Assert.Multiple(() =>
        {
            Assert.That(ClosedOutput.Is(broken));
            Assert.That(ClosedOutput.Is(new GridError(ErrorCode.Unavailable, "cannot be written", null, broken)));
            Assert.That(ClosedOutput.Is(new AggregateException(new IOException("x", 5), broken)));
            Assert.That(ClosedOutput.Is(new IOException("No space left on device", 28)), Is.False);
        });
    }
}
