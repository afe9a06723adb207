using System.Diagnostics;
using System.Text;
using HpcGrid.Central.Broker;
using HpcGrid.Central.Database;
using HpcGrid.Central.Events;
using HpcGrid.Core.Jobs;
using Serilog;

namespace HpcGrid.Central.TaskQueue;

/// <summary>
/// Mails the ends of jobs that name addresses (Email), through the program that the admin has configured; without one nothing is sent and nothing is kept.
/// Central itself connects to nobody. A crash between the sending and the commit sends a mail twice.
/// </summary>
public sealed class Mails(CentralDatabase database, Descriptions descriptions, AssignmentBuilder builder, IReadOnlyList<string> command, TimeProvider clock)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private readonly Dictionary<string, int> _sent = [];
    private long _hour;

    public Task Run(CancellationToken stop) => Periodic.Run("mails", Period, clock, Tick, stop);

    /// <summary>One round: what is due, one after the other.</summary>
    public async Task Tick()
    {
        var now = clock.GetUtcNow();
        if (now.ToUnixTimeSeconds() / 3600 is var hour && hour != _hour)
        {
            _hour = hour;
            _sent.Clear();
        }
        foreach (var mail in database.Read(session => MailTable.Due(session, now, Limits.MailsPerTick))) await Send(mail, now);
    }

    private async Task Send(Mail mail, DateTimeOffset now)
    {
        var (owner, text) = database.Read(session => Write(session, mail.Id));
        if (command.Count == 0 || text is null)
        {
            await database.Write(session => MailTable.Delete(session, mail.Id));
            return;
        }
        var trouble = _sent.GetValueOrDefault(owner) >= Limits.MailsPerHour ? $"{owner} has had {Limits.MailsPerHour} mails within an hour" : await Pipe(text);
        _sent[owner] = _sent.GetValueOrDefault(owner) + 1;
        var pause = trouble is null ? null : MailRules.PauseAfter(mail.Tries + 1);
        if (trouble is not null) Log.Warning("the mail about {JobId} is not sent: {Reason}", mail.Id.Job, trouble);
        await database.Write(session =>
        {
            if (pause is { } later) MailTable.Later(session, mail.Id, mail.Tries + 1, now + later);
            else MailTable.Delete(session, mail.Id);
            if (trouble is null || pause is not null) return;
            var book = new JobBook(session, now);
            book.Tell(mail.Id.Job, new Noted($"the mail about its end was given up: {trouble}"));
            book.Settle();
        });
    }

    /// <summary>The mail; nothing when the job runs again, because then its end is told later.</summary>
    private (string Owner, string? Text) Write(Session session, AttemptId id)
    {
        if (JobTable.Find(session, id.Job) is not { } row || row.Attempt != id.Attempt || !row.State.IsFinal()) return ("", null);
        var known = descriptions.Of(session, row);
        return (row.Owner, MailRules.Write(row, known.Description.Job, ChildCountTable.States(session, row.Job), builder.OutputDirectory(known).Path));
    }

    /// <summary>Gives the text to the program; null when it took it, otherwise why not.</summary>
    private async Task<string?> Pipe(string text)
    {
        using var limit = new CancellationTokenSource(Limits.MailTime);
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, UseShellExecute = false };
        try
        {
            using var program = Process.Start(start) ?? throw new InvalidOperationException("no process was started");
            try
            {
                await program.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(text), limit.Token);
                program.StandardInput.Close();
                await program.WaitForExitAsync(limit.Token);
                return program.ExitCode == 0 ? null : $"{command[0]} ended with {program.ExitCode}";
            }
            catch (OperationCanceledException)
            {
                program.Kill(entireProcessTree: true);
                return $"{command[0]} took longer than {Limits.MailTime.TotalSeconds:0} s";
            }
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException) { return $"{command[0]}: {e.Message}"; }
    }
}
