using System.Security.Cryptography;
using System.Text.Json;
using HpcGrid.Agent;
using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Core.Tokens;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>Grants that are looked at while their slots are still taken.</summary>
public sealed class GrantGateTests
{
    private const string Site = "SITE";
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
    private readonly SigningKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)), _other = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly GrantGate _gate = new(Site);

    [TearDown]
    public void CleanUp()
    {
        _key.Dispose();
        _other.Dispose();
    }

    [Test]
    public void A_grant_is_looked_at_once()
    {
        var run = Run();
        Assert.That(_gate.LookAhead(run), Is.False, "without keys nothing can be said");
        _gate.Take(Keys(_key));
        Assert.That((_gate.LookAhead(run), _gate.LookAhead(run), _gate.Check(run, Now)), Is.EqualTo((true, false, Admission.Granted)));
    }

    [Test]
    public void A_grant_that_was_good_when_it_was_looked_at_must_be_in_time_when_the_job_starts()
    {
        var run = Run();
        _gate.Take(Keys(_key));
        _gate.LookAhead(run);
        Assert.That(_gate.Check(run, Now.AddHours(1)), Is.EqualTo(Admission.TooLate));
        Assert.That(_gate.Check(run, Now.AddHours(-1)), Is.EqualTo(Admission.TooEarly));
        Assert.That(_gate.Check(run, Now), Is.EqualTo(Admission.Granted));
    }

    [Test]
    public void A_grant_that_was_good_by_keys_that_were_withdrawn_since_is_not_good()
    {
        var run = Run();
        _gate.Take(Keys(_key));
        _gate.LookAhead(run);
        _gate.Take(Keys(_other));
        Assert.That(_gate.Check(run, Now), Is.EqualTo(Admission.KeysMissing));
        Assert.That(_gate.Check(run, Now), Is.EqualTo(Admission.Refused));
    }

    [TestCase("ELSEWHERE", 1)]
    [TestCase(Site, 2)]
    public void A_grant_that_is_not_for_this_job_here_is_not_good_after_a_look_either(string site, int attempt)
    {
        var run = Run(site, attempt);
        _gate.Take(Keys(_key));
        Assert.That(_gate.LookAhead(run));
        Assert.That(_gate.Check(run, Now), Is.EqualTo(Admission.Refused));
    }

    private static VerificationKeys Keys(SigningKey key) => new([key.PublicPem]);

    private JobRun Run(string site = Site, int attempt = 1)
    {
        var spec = JsonSerializer.SerializeToUtf8Bytes(new JobSpec { User = "me", Argv = ["/bin/true"], Resources = new Resources(1, 1, 1, 600) }, GridJson.Default.JobSpec);
        var from = Now.ToUnixTimeSeconds();
        var grant = Grants.Sign(new Grant("central", "me", 7, attempt, site, Grants.DigestOf(spec), from, from + 60), _key);
        var queue = new WorkQueue(new WorkQueueHeader(new QueueName(1, 1), 1, true, StartMode.Optimistic),
            [new QueuedJob(new AttemptId(7, 1), 0, spec, grant)], new Dictionary<string, byte[]>());
        return new QueueRun(queue, TimeSpan.Zero).Jobs[0];
    }
}
