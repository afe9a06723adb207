using System.IO.Compression;
using System.Text;
using HpcGrid.Core.Api;
using HpcGrid.Core.Data;
using HpcGrid.Core.Jobs;
using HpcGrid.Spool;

namespace HpcGrid.Tests.Agent;

/// <summary>What is saved, and what is refused (facts/jalien.md 3.4).</summary>
public sealed class OutputTests
{
    private readonly AgentRig _rig = new();

    [TearDown]
    public void CleanUp() => _rig.Dispose();

    [Test]
    public void Plain_names_and_patterns_are_saved_with_their_checksums()
    {
        var (report, bytes) = Run("echo one > a.txt; echo two > b.txt; mkdir c.txt sub; echo three > sub/c.txt; echo four > other", Files("a.txt", "?.txt", "sub/*.txt"));
        Assert.Multiple(() =>
        {
            Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
            Assert.That(report.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "a.txt", "b.txt", "sub/c.txt" }));
            Assert.That(bytes.Select(Encoding.UTF8.GetString), Is.EqualTo(new[] { "one\n", "two\n", "three\n" }));
            Assert.That(report.Outputs.Select(output => output.Content), Is.EqualTo(bytes.Select(each => Content.Of(each))));
        });
    }

    [Test]
    public void A_missing_output_fails_the_job_and_is_named()
    {
        var (report, _) = Run("echo one > a.txt", Files("a.txt", "result file.root"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.OutputFailed));
        Assert.That(report.Reason, Is.EqualTo("output 'result file.root' is missing"));
        Assert.That(report.Outputs, Is.Empty);
    }

    [Test]
    public void A_pattern_that_matches_nothing_is_no_fault()
    {
        var (report, _) = Run("true", Files("*.root"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded));
    }

    [Test]
    public void Empty_files_are_left_out_with_a_remark()
    {
        var queue = _rig.Offer([AgentRig.Shell("echo x > a; touch b") with { Outputs = [Files("a", "b", "stdout")] }]);
        _rig.Start();
        var version = _rig.Final(queue);
        Assert.That(version.Reports[0].Outputs.Select(output => output.Name), Is.EqualTo(new[] { "a" }));
        Assert.That(version.Notes.Single().Text, Is.EqualTo("not saved because empty: b, stdout"));
    }

    [Test]
    public void An_archive_holds_its_members_with_size_and_checksum_each()
    {
        var (report, bytes) = Run("echo one > a.txt; echo two > 'b c.txt'; echo log", Archive("results.zip", "*.txt", "stdout", "a.txt"));
        var archive = report.Outputs.Single();
        using var zip = new ZipArchive(new MemoryStream(bytes[0]));
        Assert.Multiple(() =>
        {
            Assert.That(archive.Name, Is.EqualTo("results.zip"));
            Assert.That(archive.Content, Is.EqualTo(Content.Of(bytes[0])));
            Assert.That(zip.Entries.Select(entry => entry.FullName), Is.EqualTo(new[] { "a.txt", "b c.txt", "stdout" }));
            Assert.That(archive.Members.Select(member => member.Name), Is.EqualTo(zip.Entries.Select(entry => entry.FullName)));
            foreach (var (member, entry) in archive.Members.Zip(zip.Entries))
                Assert.That(member.Content, Is.EqualTo(Content.Of(Unpack(entry))));
        });
    }

    [Test]
    public void Members_that_are_not_to_be_registered_are_in_the_archive_all_the_same()
    {
        var (report, bytes) = Run("echo one > a.txt", Archive("r.zip", "*.txt") with { Options = ["no_links_registration"] });
        using var zip = new ZipArchive(new MemoryStream(bytes[0]));
        Assert.That(zip.Entries.Select(entry => entry.FullName), Is.EqualTo(new[] { "a.txt" }));
        Assert.That(report.Outputs.Single().Members, Is.Empty);
    }

    [Test]
    public void The_same_files_make_the_same_archive()
    {
        var spec = AgentRig.Shell("echo one > b.txt; echo two > a.txt") with { Outputs = [Archive("r.zip", "*.txt")] };
        var queue = _rig.Offer([spec, spec]);
        _rig.Start();
        var reports = _rig.Final(queue).Reports;
        Assert.That(reports[0].Outputs.Single().Content, Is.EqualTo(reports[1].Outputs.Single().Content));
    }

    [Test]
    public void ROOT_files_are_stored_and_not_compressed()
    {
        var (_, bytes) = Run("head -c 10000 /dev/zero > h.root; head -c 10000 /dev/zero > t.txt", Archive("r.zip", "h.root", "t.txt"));
        using var zip = new ZipArchive(new MemoryStream(bytes[0]));
        Assert.That(zip.Entries.Select(entry => entry.CompressedLength), Is.All.EqualTo(10000));
    }

    [Test]
    public void An_archive_without_members_is_not_made()
    {
        var (report, _) = Run("true", Archive("r.zip", "stdout", "*.txt"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(report.Outputs, Is.Empty);
    }

    [Test]
    public void A_file_named_alone_and_in_an_archive_is_in_the_archive_only()
    {
        var (report, _) = Run("echo x > a; echo y > b", Files("a", "b"), Archive("r.zip", "a"));
        Assert.That(report.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "b", "r.zip" }));
    }

    [TestCase("ln -s /etc/passwd out", "leads out of the working directory")]
    [TestCase("ln -s $PWD/../../.. up; ln -s up/etc/passwd out", "leads out of the working directory")]
    [TestCase("mkfifo out", "is not a regular file")]
    [TestCase("mkdir out", "is a folder")]
    public void What_is_no_file_of_the_job_is_refused(string script, string why)
    {
        var (report, _) = Run(script, Files("out"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.OutputFailed));
        Assert.That(report.Reason, Does.Contain(why));
    }

    [Test]
    public void A_link_to_a_file_of_the_job_is_saved_as_that_file()
    {
        var (report, bytes) = Run("echo inside > real; ln -s real out", Files("out"));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.Succeeded), report.Reason);
        Assert.That(Encoding.UTF8.GetString(bytes[0]), Is.EqualTo("inside\n"));
    }

    [TestCase("/etc/passwd")]
    [TestCase("../x")]
    public void A_name_outside_the_sandbox_is_refused(string name)
    {
        var (report, _) = Run("true", Files(name));
        Assert.That(report.Outcome, Is.EqualTo(Outcome.OutputFailed));
    }

    [Test]
    public void Large_outputs_are_files_of_the_spool_that_are_there_before_they_are_named()
    {
        var (report, bytes) = Run("head -c 3000000 /dev/urandom > 'big file.bin'; cp 'big file.bin' c.bin", Files("big file.bin"), Archive("big.zip", "c.bin"));
        Assert.Multiple(() =>
        {
            Assert.That(report.Outputs.Select(output => output.SpoolFile), Is.All.Not.Null);
            Assert.That(OutputName.TryParse(report.Outputs[0].SpoolFile!, out var name) && name.Id == new AttemptId(1000, 1) && name.Label == "big_file.bin");
            Assert.That(report.Outputs[0].Content, Is.EqualTo(Content.Of(bytes[0])));
            Assert.That(bytes[0], Has.Length.EqualTo(3000000));
            Assert.That(report.Outputs[1].Members.Single().Content, Is.EqualTo(report.Outputs[0].Content));
        });
    }

    [Test]
    public void A_failed_job_saves_its_error_outputs_only_and_misses_none()
    {
        var spec = AgentRig.Shell("echo trouble > core.txt; exit 4") with { Outputs = [Files("result")], ErrorOutputs = [Files("core.txt", "missing")] };
        var report = _rig.Run(spec);
        Assert.That(report.Outcome, Is.EqualTo(Outcome.ExecutionFailed));
        Assert.That(report.Outputs.Select(output => output.Name), Is.EqualTo(new[] { "core.txt" }));
    }

    [Test]
    public void A_folder_that_the_payload_closed_is_removed_all_the_same()
    {
        var (report, _) = Run("mkdir -p d/e; echo x > d/e/f; chmod 000 d/e d");
        AgentRig.Wait(() => !Directory.Exists(report.Workdir), "the sandbox is removed");
    }

    private (JobReport Report, List<byte[]> Bytes) Run(string script, params OutputRule[] rules)
    {
        var queue = _rig.Offer([AgentRig.Shell(script) with { Outputs = rules }]);
        _rig.Start();
        var version = _rig.Final(queue);
        var report = version.Reports.Single();
        return (report, [.. report.Outputs.Select(output => _rig.Bytes(version, output))]);
    }

    private static OutputRule Files(params string[] patterns) => new(null, patterns, []);

    private static OutputRule Archive(string name, params string[] patterns) => new(name, patterns, []);

    private static byte[] Unpack(ZipArchiveEntry entry)
    {
        using var from = entry.Open();
        using var to = new MemoryStream();
        from.CopyTo(to);
        return to.ToArray();
    }
}
