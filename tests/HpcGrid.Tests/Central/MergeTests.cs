using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jdl;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Tests.Central;

internal sealed class MergeTests : CentralTests
{
    private const string Jdl = "Executable = \"~/merge.sh\"; Arguments = \"$1 $2 $4 $3\"; OutputFile = {\"$3\"};";
    private const string Merged = "Output = {\"hist.txt\"}; Merge = {\"hist.txt:~/merge.jdl:all.txt\"};";

    private TestBridge _bridge = null!;

    [SetUp]
    public async Task PutPrograms()
    {
        await Central.Put(Jdoe, TestCentral.Jdoe + "/merge.jdl", Encoding.UTF8.GetBytes(Jdl));
        await Central.Put(Jdoe, TestCentral.Jdoe + "/merge.sh", [1]);
        _bridge = await TestBridge.Join(Central);
    }

    [Test]
    public async Task When_the_last_subjob_has_ended_a_job_of_the_owner_merges_the_outputs_and_then_the_master_ends()
    {
        var master = (await Submit(Production(3, Merged))).Job;
        await Done(await _bridge.Match(3));
        Assert.That(await StateOf(master), Is.EqualTo("MERGING"));
        var merge = await BeginMerging();
        var spec = TestBridge.SpecOf(merge);
        Assert.Multiple(() =>
        {
            Assert.That(spec.User, Is.EqualTo("jdoe"));
            Assert.That(spec.Argv, Is.EqualTo(new[] { "merge.sh", $"{master}", "hist.txt", "jdoe", "all.txt" }));
            Assert.That(spec.Inputs.Select(input => input.Name), Is.EqualTo(new[] { "merge.sh", "000001_hist.txt", "000002_hist.txt", "000003_hist.txt" }));
            Assert.That(spec.Inputs.Select(input => input.Lfn).Last(), Is.EqualTo($"{TestCentral.Jdoe}/hpcgrid-job-{master}/3/hist.txt"));
            Assert.That(spec.OutputDirectory, Is.EqualTo($"{TestCentral.Jdoe}/hpcgrid-job-{master}/merged"));
        });
        var result = await _bridge.Upload(merge, "all.txt", [9]);
        await _bridge.Report(TestBridge.Ended(merge.AttemptId, JobState.Done, result));
        var line = await LineOf(master);
        Assert.That((line.State, line.Reason), Is.EqualTo(("DONE", "all 3 subjobs are done; the outputs of those that are done are merged")));
        Assert.That(await Central.Get(Jdoe, $"{spec.OutputDirectory}/all.txt"), Is.EqualTo(new byte[] { 9 }));
    }

    [Test]
    public async Task Killing_the_subjobs_that_nobody_waits_for_merges_what_is_there()
    {
        var master = (await Submit(Production(3, Merged))).Job;
        await Done(await _bridge.Match(1));
        await Jdoe.Call(new KillJobs([master + 2, master + 3]), default);
        Assert.That(await StateOf(master), Is.EqualTo("MERGING"));
        var merge = await BeginMerging();
        Assert.That(TestBridge.SpecOf(merge).Inputs.Select(input => input.Name), Is.EqualTo(new[] { "merge.sh", "000001_hist.txt" }));
        await _bridge.Finish(merge.AttemptId);
        Assert.That((await LineOf(master)).Reason, Is.EqualTo("2 of 3 subjobs were killed; the outputs of those that are done are merged"));
    }

    [Test]
    public async Task What_is_done_is_merged_and_a_failed_subjob_is_still_told_of()
    {
        var master = (await Submit(Production(3, Merged + " MergeOutputDir = \"results\";"))).Job;
        var jobs = await _bridge.Match(3);
        await _bridge.Finish(jobs[1].AttemptId, JobState.ErrorE);
        await Done([jobs[0], jobs[2]]);
        var merge = await BeginMerging();
        Assert.That(TestBridge.SpecOf(merge).Inputs.Count, Is.EqualTo(3));
        Assert.That(TestBridge.SpecOf(merge).OutputDirectory, Is.EqualTo(TestCentral.Jdoe + "/results"));
        await _bridge.Finish(merge.AttemptId);
        Assert.That(((await LineOf(master)).State, (await LineOf(master)).Reason), Is.EqualTo(("FAILED", "1 of 3 subjobs failed; the outputs of those that are done are merged")));
        // The failed one runs again: then everything is merged anew.
        await Jdoe.Call(new ResubmitJobs([master]), default);
        Assert.That(await StateOf(master), Is.EqualTo("SPLIT"));
        await Done(await _bridge.Match(5));
        var again = await BeginMerging();
        Assert.That(TestBridge.SpecOf(again).Inputs.Count, Is.EqualTo(4));
        await _bridge.Finish(again.AttemptId);
        Assert.That(await StateOf(master), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task A_failed_merge_job_makes_the_master_ERROR_M_and_its_resubmission_merges_again()
    {
        var master = (await Submit(Production(2, Merged))).Job;
        await Done(await _bridge.Match(2));
        var merge = await BeginMerging();
        await _bridge.Finish(merge.AttemptId, JobState.ErrorE);
        Assert.That(((await LineOf(master)).State, (await LineOf(master)).Reason), Is.EqualTo(("ERROR_M", $"merge job {merge.Job} ended ERROR_E")));
        await Jdoe.Call(new ResubmitJobs([merge.Job]), default);
        Assert.That(await StateOf(master), Is.EqualTo("MERGING"));
        await _bridge.Finish((await _bridge.Match(1))[0].AttemptId);
        Assert.That(await StateOf(master), Is.EqualTo("DONE"));
    }

    [TestCase("Merge = {\"hist.txt:~/nothing.jdl:all.txt\"};", "nothing.jdl")]
    [TestCase("Merge = {\"other.txt:~/merge.jdl:all.txt\"};", "other.txt")]
    [TestCase("Merge = {\"hist.txt:~/merge.sh:all.txt\"};", "merge.sh")]
    public async Task Merging_that_cannot_begin_says_why(string jdl, string words)
    {
        var master = (await Submit(Production(1, "Output = {\"hist.txt\"}; " + jdl))).Job;
        await Done(await _bridge.Match(1));
        await Central.Host.Merges.GoOn();
        var line = await LineOf(master);
        Assert.That((line.State, line.Reason), Is.EqualTo(("ERROR_M", line.Reason)));
        Assert.That(line.Reason, Does.StartWith("merging cannot begin").And.Contain(words));
    }

    [Test]
    public async Task A_collection_lists_the_outputs_and_serves_as_input()
    {
        var master = (await Submit(Production(2, "Output = {\"hist.txt\"}; MergeCollections = {\"*.txt:~/all.xml\"};"))).Job;
        await Done(await _bridge.Match(2));
        await Central.Host.Merges.GoOn();
        Assert.That(await StateOf(master), Is.EqualTo("DONE"));
        var xml = Encoding.UTF8.GetString(await Central.Get(Jdoe, TestCentral.Jdoe + "/all.xml"));
        Assert.That(xml, Does.Contain($"lfn=\"{TestCentral.Jdoe}/hpcgrid-job-{master}/2/hist.txt\""));
        Assert.That((await Submit($"{Echo} InputDataCollection = \"~/all.xml\"; Split = \"file\"; OutputDir = \"o/#alien_counter#\";")).Subjobs, Is.EqualTo(2));
    }

    [Test]
    public async Task Beginning_again_after_a_crash_makes_nothing_twice()
    {
        var master = (await Submit(Production(2, Merged))).Job;
        await Done(await _bridge.Match(2));
        await Central.Host.Merges.GoOn();
        // As if central had died after the submission and before the order was done.
        await Central.Database.Write(session => HpcGrid.Central.Broker.MergeTable.Order(session, master, 1));
        await Central.Restart();
        await Central.Host.Merges.GoOn();
        _bridge = new TestBridge(Central, Central.Client("titan")) { Ledger = _bridge.Ledger };
        await _bridge.Hello();
        Assert.That((await _bridge.Match(10)).Count, Is.EqualTo(1));
    }

    [Test]
    public async Task A_quota_that_is_used_up_holds_the_merging_and_does_not_refuse_it()
    {
        await Central.Accounts.ChangeQuota("jdoe", quota => quota with { MaxRunningSeconds = 2 });
        var master = (await Submit(Production(2, Merged))).Job;
        await Done(await _bridge.Match(2));
        await Central.Host.Merges.GoOn();
        Assert.That((await _bridge.Match(10), await StateOf(master), await StateOf(master + 3)), Is.EqualTo((Array.Empty<Assignment>(), "MERGING", "OVER_WAITING")));
        Central.Clock.Advance(TimeSpan.FromHours(25));
        await _bridge.Finish((await _bridge.Match(10)).Single().AttemptId);
        Assert.That(await StateOf(master), Is.EqualTo("DONE"));
    }

    [Test]
    public async Task Killing_a_merging_master_kills_its_merge_jobs()
    {
        var master = (await Submit(Production(2, Merged))).Job;
        await Done(await _bridge.Match(2));
        var merge = await BeginMerging();
        await Jdoe.Call(new KillJobs([master]), default);
        Assert.That((await StateOf(master), await StateOf(merge.Job)), Is.EqualTo(("KILLED", "KILLED")));
    }

    [Test]
    public async Task A_master_without_any_success_merges_nothing()
    {
        var master = (await Submit(Production(2, Merged))).Job;
        foreach (var job in await _bridge.Match(2)) await _bridge.Finish(job.AttemptId, JobState.ErrorE);
        Assert.That(await StateOf(master), Is.EqualTo("FAILED"));
    }

    [TestCase("Merge = {\"a:b\"};")]
    [TestCase("Merge = {\"a::c\"};")]
    [TestCase("Merge = {\"a:/x.jdl:d/c\"};")]
    [TestCase("Merge = {\"a:/x.jdl:c\", \"b:/x.jdl:c\"};")]
    [TestCase("MergeCollections = {\"*.root\"};")]
    [TestCase("MergeCollections = {\":/x\"};")]
    public void A_wrong_merge_is_told_with_its_key(string jdl)
    {
        var error = Assert.Throws<GridError>(() => JobDescription.Read($"{Production(2)} {jdl}", []));
        Assert.That(error?.Message, Does.Contain(jdl.Split(' ')[0]));
        Assert.Throws<GridError>(() => JobDescription.Read($"{Echo} Merge = {{\"a:/x.jdl:c\"}};", []));
    }

    private async Task<Assignment> BeginMerging()
    {
        await Central.Host.Merges.GoOn();
        return (await _bridge.Match(10)).Single();
    }

    private async Task Done(IReadOnlyList<Assignment> jobs)
    {
        foreach (var job in jobs)
            await _bridge.Report(TestBridge.Running(job.AttemptId), TestBridge.Ended(job.AttemptId, JobState.Done, await _bridge.Upload(job, "hist.txt", [(byte)job.Job])));
    }
}
