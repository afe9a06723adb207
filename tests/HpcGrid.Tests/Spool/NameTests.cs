using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Spool;

public sealed class NameTests
{
    [TestCase("q17.g2")]
    [TestCase("q1.g1")]
    [TestCase("q9223372036854775807.g2147483647")]
    public void A_queue_name_comes_back_as_it_was_written(string text)
    {
        Assert.That(QueueName.TryParse(text, out var name), Is.True);
        Assert.That(name.ToString(), Is.EqualTo(text));
        Assert.That(QueueName.TryParseFile(name.FileName, out var same), Is.True);
        Assert.That(same, Is.EqualTo(name));
    }

    [TestCase("")]
    [TestCase("q17")]
    [TestCase("q017.g2")]
    [TestCase("q17.g02")]
    [TestCase("q0.g1")]
    [TestCase("q1.g0")]
    [TestCase("q-1.g1")]
    [TestCase("q+1.g1")]
    [TestCase("q 1.g1")]
    [TestCase("q1.g1 ")]
    [TestCase("q1.g1.db")]
    [TestCase("Q1.g1")]
    [TestCase("q9223372036854775808.g1")]
    [TestCase("q1.g2147483648")]
    [TestCase("q1٣.g1")]
    public void A_queue_name_that_we_would_not_write_is_refused(string text) => Assert.That(QueueName.TryParse(text, out _), Is.False);

    [TestCase("q17.g2.c1.m2000.t3600.n64.db")]
    [TestCase("q17.g2.c128.m0.t0.n0.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.k-gpu-500-licence-1000.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n1.w5.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n1.k-gpu-500.w5.db")]
    public void An_offer_comes_back_as_it_was_written(string file)
    {
        Assert.That(PoolEntry.TryParse(file, out var entry), Is.True);
        Assert.That(entry.FileName, Is.EqualTo(file));
    }

    [TestCase("q17.g2.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.db~")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.db\n")]
    [TestCase("q17.g2.m2000.c1.t3600.n64.db")]
    [TestCase("../q17.g2.c1.m2000.t3600.n64.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.k.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.k-gpu.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.k-gpu-0.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.k-gpu-05.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.k-z-1-a-1.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.w0.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n64.w.db")]
    [TestCase("q17.g2.c1.m2000.t3600.n1.w5.k-gpu-500.db")]
    public void An_offer_that_we_would_not_write_is_refused(string file) => Assert.That(PoolEntry.TryParse(file, out _), Is.False);

    [TestCase("q17.g2.s3.db")]
    [TestCase("q17.g2.s9.final.db")]
    public void A_version_comes_back_as_it_was_written(string file)
    {
        Assert.That(VersionName.TryParse(file, out var version), Is.True);
        Assert.That(version.FileName, Is.EqualTo(file));
    }

    [TestCase("q17.g2.s0.db")]
    [TestCase("q17.g2.s3.final")]
    [TestCase("q17.g2.s3.final.final.db")]
    [TestCase("q17.g2.sx.db")]
    [TestCase(".t.q17.g2.s3.db")]
    public void A_version_that_we_would_not_write_is_refused(string file) => Assert.That(VersionName.TryParse(file, out _), Is.False);

    [Test]
    public void An_output_of_any_users_name_gets_a_plain_file_name(
        [Values("hist.root", "a b", "x\ny", "", ".hidden", "..", "../../etc/passwd", "Größe'\";rm -rf", "日本語")] string users)
    {
        var output = new OutputName(new AttemptId(17, 2), 3, 0, OutputName.LabelOf(users));
        Assert.That(output.FileName, Does.Match(@"^17\.2\.b3\.o0\.[A-Za-z0-9_.-]+$"));
        Assert.That(OutputName.TryParse(output.FileName, out var same), Is.True);
        Assert.That(same, Is.EqualTo(output));
    }

    [Test]
    public void An_output_of_a_very_long_name_fits_into_a_file_name() =>
        Assert.That(OutputName.LabelOf(new string('x', 5000)), Has.Length.EqualTo(Limits.OutputLabelLength));

    [TestCase("17.2.b3.o0.")]
    [TestCase("17.2.b3.o0..hidden")]
    [TestCase("17.2.b3.o0.a/b")]
    [TestCase("17.2.hist.root")]
    [TestCase("017.2.b3.o0.x")]
    public void An_output_that_we_would_not_write_is_refused(string file) => Assert.That(OutputName.TryParse(file, out _), Is.False);

    [Test]
    public void An_answer_is_read_back_from_its_name()
    {
        var order = Guid.NewGuid();
        Assert.That(AnswerName.TryParse(new AnswerName(order).FileName, out var read));
        Assert.That(read.Order, Is.EqualTo(order));
    }

    [TestCase("peek.")]
    [TestCase("peek.0123456789ABCDEF0123456789abcdef")]
    [TestCase("peek.0123456789abcdef0123456789abcde")]
    [TestCase("peek.01234567-89ab-cdef-0123-456789abcdef")]
    [TestCase("peek.0123456789abcdef0123456789abcdef.")]
    public void An_answer_that_we_would_not_write_is_refused(string file) => Assert.That(AnswerName.TryParse(file, out _), Is.False);

    [TestCase("4711.n1.x.0.i0.l0.a0.c0")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.drain")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.full")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.drain.full.left")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.h4294967295.w5")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.w5")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.w5.drain")]
    public void A_heartbeat_comes_back_as_it_was_written(string file)
    {
        Assert.That(HeartbeatName.TryParse(file, out var name), Is.True);
        Assert.That(name.FileName, Is.EqualTo(file));
    }

    [TestCase("4711.n1.x.17")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.full.drain")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.w0")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.h0")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.h4294967296")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.w5.h7")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.drain.w5")]
    [TestCase("4711.n1.x.17.i4.l3.a2.c9.")]
    [TestCase("4711.n1.x.17.i-4.l3.a2.c9")]
    [TestCase("4711.n1.17.i4.l3.a2.c9")]
    [TestCase("4711.n/1.x.17.i4.l3.a2.c9")]
    [TestCase("hb")]
    public void A_heartbeat_that_we_would_not_write_is_refused(string file) => Assert.That(HeartbeatName.TryParse(file, out _), Is.False);

    [Test]
    public void Leases_messages_and_epochs_come_back_as_they_were_written()
    {
        Assert.Multiple(() =>
        {
            Assert.That(LeaseName.TryParse("lease.17.e3", out var lease) ? lease.FileName : "", Is.EqualTo("lease.17.e3"));
            Assert.That(EpochName.TryParse("epoch.7.1f2e3d", out var epoch) ? epoch.FileName : "", Is.EqualTo("epoch.7.1f2e3d"));
            foreach (var kind in MessageName.Kinds)
                Assert.That(MessageName.TryParse($"m5.e3.{kind}", out var message) ? message.FileName : "", Is.EqualTo($"m5.e3.{kind}"));
        });
    }

    [Test]
    public void Leases_messages_and_epochs_that_we_would_not_write_are_refused()
    {
        Assert.Multiple(() =>
        {
            foreach (var file in new[] { "lease.17", "lease.17.e3.x", "lease.017.e3" }) Assert.That(LeaseName.TryParse(file, out _), Is.False, file);
            foreach (var file in new[] { "m5.kill", "m5.e3.format", "m5.e3.kill ", "m5.e3.", "m5.e3.KILL" }) Assert.That(MessageName.TryParse(file, out _), Is.False, file);
            foreach (var file in new[] { "epoch.0.a", "epoch.7.", "epoch.7.A", "epoch.7" }) Assert.That(EpochName.TryParse(file, out _), Is.False, file);
        });
    }

    [Test]
    public void Plain_names_come_back_and_bad_ones_are_refused()
    {
        var sha = new string('a', 64);
        Assert.Multiple(() =>
        {
            Assert.That(SpoolNames.TryParseFenced("fenced.7", out var fence) ? SpoolNames.Fenced(fence) : "", Is.EqualTo("fenced.7"));
            Assert.That(SpoolNames.TryParseFenced("fenced.x", out _), Is.False);
            Assert.That(SpoolNames.TryParseCanary(SpoolNames.Canary(7), out var canary) ? canary : 0, Is.EqualTo(7));
            Assert.That(SpoolNames.TryParseKeysFile(SpoolNames.KeysFile(7), out var keys) ? keys : 0, Is.EqualTo(7));
            Assert.That(SpoolNames.TryParseKeysFile("keys.7.json.bak", out _), Is.False);
            Assert.That(SpoolNames.TryParseTemporary(SpoolNames.Temporary(7, "abc"), out var epoch) ? epoch : 0, Is.EqualTo(7));
            Assert.That(SpoolNames.TryParseTemporary(SpoolNames.Temporary(null, "abc"), out _), Is.False, "an agent's");
            Assert.That(SpoolNames.TryParseNewAgent(SpoolNames.NewAgent("1.n.x", "ab"), out var agent) ? agent : "", Is.EqualTo("1.n.x"));
            Assert.That(SpoolNames.IsSha256(sha), Is.True);
            Assert.That(SpoolNames.IsSha256(sha.ToUpperInvariant()), Is.False);
            Assert.That(SpoolNames.IsSha256(sha[1..]), Is.False);
        });
    }

    [TestCase("4711[3].host", "node-1.example.org", "ab12", "4711-3--host.node-1-example-org.ab12")]
    [TestCase("", "../..", "x", "-.-----.x")]
    public void An_agents_name_is_made_of_harmless_characters(string batch, string node, string nonce, string expected)
    {
        var name = AgentName.Make(batch, node, nonce);
        Assert.That(name, Is.EqualTo(expected));
        Assert.That(AgentName.IsWellFormed(name), Is.True);
    }

    [TestCase("a.b")]
    [TestCase("a.b.c.d")]
    [TestCase("a..c")]
    [TestCase("a.b/c.d")]
    [TestCase(".new.a.b")]
    public void An_agents_name_that_we_would_not_make_is_refused(string name) => Assert.That(AgentName.IsWellFormed(name), Is.False);

    [Test]
    public void An_agents_name_of_long_parts_still_fits() =>
        Assert.That(AgentName.IsWellFormed(AgentName.Make(new string('j', 500), new string('n', 500), new string('x', 500))), Is.True);
}
