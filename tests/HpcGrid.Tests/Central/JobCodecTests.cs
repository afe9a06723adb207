using HpcGrid.Central.Events;
using HpcGrid.Core;
using HpcGrid.Core.Jobs;
using HpcGrid.Tests.Core.Jobs;

namespace HpcGrid.Tests.Central;

public sealed class JobCodecTests
{
    [Test]
    public void A_folded_job_is_stored_and_read_as_it_is()
    {
        var job = JobMachine.Replay(Histories.Job,
            Histories.Kinds.Select((kind, index) => Histories.Event(2, 1, EventSource.Bridge, index + 1, Histories.Sample(kind))));
        var back = JobCodec.Decode(Histories.Job, JobCodec.Encode(job));
        Assert.That(back with { RunningBranches = job.RunningBranches }, Is.EqualTo(job));
        Assert.That(back.RunningBranches, Is.EqualTo(job.RunningBranches));
    }

    /// <summary>What the first release wrote: the counts of tries stood there as they were, without a key.</summary>
    [Test]
    public void A_job_of_the_first_version_is_still_understood()
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write((byte)1);
        writer.Write7BitEncodedInt(3);
        writer.Write(false);
        writer.Write7BitEncodedInt(1);
        writer.Write7BitEncodedInt(3);
        writer.Write((short)JobState.Running);
        writer.Write7BitEncodedInt(2);
        writer.Write7BitEncodedInt(4);
        for (var unknown = 0; unknown < 8; unknown++) writer.Write(false);
        writer.Write7BitEncodedInt(1);
        writer.Write7BitEncodedInt(1);
        var job = JobCodec.Decode(17, bytes.ToArray());
        Assert.That((job.State, job.Attempt, job.ShallowCount, job.DeepCount, job.RunningBranches.Single()), Is.EqualTo((JobState.Running, 3, 2, 4, 1)));
        var opened = JobMachine.Apply(job, new JobEvent(17, new EventKey(4, 0, EventSource.Central, 9), default, new Opened("again", 0, 0)));
        Assert.That((opened.ShallowCount, opened.DeepCount), Is.EqualTo((0, 0)), "a resubmission by hand counts anew");
    }

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 9 })]
    [TestCase(new byte[] { 2, 1 })]
    public void Bytes_of_somebody_else_are_refused(byte[] bytes) =>
        Assert.That(Assert.Throws<GridError>(() => JobCodec.Decode(1, bytes))?.Code, Is.EqualTo(ErrorCode.Corrupt));
}
