using HpcGrid.Central;
using HpcGrid.Central.TaskQueue;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class MailTests : CentralTests
{
    private string Inbox => Path.Combine(Central.Home.Path, "inbox");
    private string[] Mails => Directory.Exists(Inbox) ? [.. Directory.GetFiles(Inbox).Select(File.ReadAllText)] : [];

    [Test]
    public async Task A_job_and_a_master_each_send_one_mail_when_they_have_ended()
    {
        await SendBy("mkdir -p \"$1\"; cat > \"$1/$$\"");
        var master = await Submit(Production(3, "Email = {\"jdoe@here.org\", \"m.ary+x@there.org\"}; OutputDir = \"out/#alien_counter#\";"));
        Assert.That(master.Remarks, Is.Empty);
        var bridge = await TestBridge.Join(Central);
        foreach (var job in (await bridge.Match(3)).Index())
        {
            await Central.Host.Mails.Tick();
            Assert.That(Mails, Is.Empty);
            await bridge.Finish(job.Item.AttemptId, job.Index == 0 ? JobState.ErrorE : JobState.Done);
        }
        await Central.Host.Mails.Tick();
        await Central.Host.Mails.Tick();
        Assert.That(Mails.Single(), Is.EqualTo($"""
            To: jdoe@here.org, m.ary+x@there.org
            Subject: [hpcgrid] job {master.Job} FAILED
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: 8bit

            Job {master.Job} (echo) of jdoe has ended: FAILED.
            1 of 3 subjobs failed
              2 DONE
              1 ERROR_E

            Outputs: /hpcgrid/user/j/jdoe/out
            More: hpcgrid why {master.Job}

            """));
        var single = await Submit($"{Echo} Email = \"jdoe@here.org\";");
        await Jdoe.Call(new KillJobs([single.Job]), default);
        await Submit(Echo);
        await Central.Host.Mails.Tick();
        Assert.That(Mails, Has.Length.EqualTo(2).And.Some.Contains($"job {single.Job} KILLED"));
    }

    [Test]
    public async Task Without_a_program_nothing_is_sent_and_the_submitter_is_told()
    {
        var job = await Submit($"{Echo} Email = \"jdoe@here.org\";");
        Assert.That(job.Remarks, Has.One.Contains("Email has no effect: this central sends no mail"));
        await Jdoe.Call(new KillJobs([job.Job]), default);
        await Central.Host.Mails.Tick();
        await SendBy("mkdir -p \"$1\"; cat > \"$1/$$\"");
        await Central.Host.Mails.Tick();
        Assert.That(Mails, Is.Empty);
    }

    [Test]
    public async Task A_program_that_fails_is_tried_again_until_it_is_given_up_in_the_trace()
    {
        await SendBy("mkdir -p \"$1\"; cat > \"$1/$$\"; exit 75");
        var job = (await Submit($"{Echo} Email = \"jdoe@here.org\";")).Job;
        await Jdoe.Call(new KillJobs([job]), default);
        for (var i = 0; i < 20; i++)
        {
            await Central.Host.Mails.Tick();
            Central.Clock.Advance(TimeSpan.FromDays(1));
        }
        Assert.That(Mails, Has.Length.EqualTo(HpcGrid.Central.Limits.MailTries));
        var notes = (await Central.Client("jdoe").Call(new TraceJob(job), default)).Events.Select(seen => seen.What).OfType<Noted>();
        Assert.That(notes.Select(note => note.Text), Is.EqualTo(new[] { "the mail about its end was given up: /bin/sh ended with 75" }));
    }

    [TestCase("a@b\nBcc: c@d")]
    [TestCase("a@b, c@d")]
    [TestCase("a@b@c")]
    [TestCase("a b@c")]
    [TestCase("-oQ/tmp@c")]
    [TestCase("@c")]
    [TestCase("jdoe")]
    public async Task What_is_no_address_does_not_get_into_the_head_of_a_mail(string address) =>
        await Refused(ErrorCode.Invalid, "which is no mail address", () => Submit($"{Echo} Email = \"{address}\";"));

    [Test]
    public void Tries_end() => Assert.That((MailRules.PauseAfter(1), MailRules.PauseAfter(2), MailRules.PauseAfter(HpcGrid.Central.Limits.MailTries)),
        Is.EqualTo((TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2), (TimeSpan?)null)));

    private Task SendBy(string script)
    {
        Central.Options = new CentralOptions { MailCommand = ["/bin/sh", "-c", script, "mail", Inbox] };
        return Central.Restart();
    }
}
