using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Calls;

/// <summary>A launcher at work: starts the tasks of a plan, hands on what it is signalled, and ends as the worst of them.</summary>
internal sealed partial class Launch(LaunchPlan plan)
{
    private static readonly int[] HandedOn = [Signals.Int, Signals.Term, Signals.User1, Signals.User2];
    private const int NotFound = 127;
    private readonly List<Process> _tasks = [];

    public int Run()
    {
        var registrations = HandedOn.Select(signal => PosixSignalRegistration.Create((PosixSignal)signal, context => HandOn(context, signal))).ToList();
        try
        {
            lock (_tasks) _tasks.AddRange(plan.Tasks.Select(Start));
            Task.WaitAll([.. _tasks.Select(Ended)]);
            return _tasks.Max(task => task.ExitCode);
        }
        catch (Win32Exception e)
        {
            Console.Error.WriteLine($"{plan.Words[0]}: {e.Message}");
            return NotFound;
        }
        finally
        {
            foreach (var registration in registrations) registration.Dispose();
            foreach (var task in _tasks) task.Dispose();
        }
    }

    private async Task Ended(Process task)
    {
        await task.WaitForExitAsync();
        if (task.ExitCode != 0 && plan.EndsTogether) SignalAll(Signals.Term);
    }

    private Process Start(TaskPlan task)
    {
        string[] words = [.. plan.Prefix, .. plan.Words];
        var start = new ProcessStartInfo(words[0], words[1..]) { UseShellExecute = false, RedirectStandardInput = true };
        if (plan.IsBare) start.Environment.Clear();
        foreach (var (name, value) in task.Environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }

    private void HandOn(PosixSignalContext context, int signal)
    {
        context.Cancel = true;
        SignalAll(signal);
    }

    private void SignalAll(int signal)
    {
        lock (_tasks)
            foreach (var task in _tasks.Where(task => !task.HasExited)) _ = kill(task.Id, signal);
    }

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
