using System.Text.RegularExpressions;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Sites;
using HpcGrid.Spool;
using HpcGrid.Tests.House;

namespace HpcGrid.Tests.Spool;

/// <summary>The page beside the code and the code say the same names, kinds and steps.</summary>
public sealed class ProtocolPageTests
{
    private static readonly string Page = Repository.Text("src/HpcGrid.Spool/PROTOCOL.md");
    private static readonly string Code = string.Concat(Repository.Files("src/HpcGrid.Spool", "*.cs").Select(Repository.Text));

    private const string Heartbeat = "<aid>.<n>.i<idle>.l<lease>.a<applied>.c<changes>[.h<holdings>][.w<gang>][.drain][.full][.left]";

    private const string Offer = "q<id>.g<gen>.c<cores>.m<mib>.t<ttl>.n<rows>[.k<counters>][.w<gang>].db";

    /// <summary>Each pattern of the page, and one name that the code writes.</summary>
    private static readonly (string Pattern, string Written)[] Names =
    [
        ("cluster.id", SpoolNames.Sentinel),
        ("keys.<seq>.json", SpoolNames.KeysFile(3)),
        ("epoch.<E>.<nonce>", new EpochName(3, "ab1").FileName),
        ("canary.<n>", SpoolNames.Canary(3)),
        ("q<id>.g<gen>.db", new QueueName(3, 1).FileName),
        (Offer, new PoolEntry(new QueueName(3, 1), 1, 2, 3, 4).FileName),
        (Offer, new PoolEntry(new QueueName(3, 1), 1, 2, 3, 4) { Counters = Counters.Parse("gpu=0.5,licence=1") }.FileName),
        (Offer, new PoolEntry(new QueueName(3, 1), 1, 2, 3, 4) { Counters = Counters.Parse("gpu=0.5"), Gang = 5 }.FileName),
        ("<nonce>.<label>", SpoolNames.Quarantined("ab1", "x y")),
        ("entry.<nonce>", SpoolNames.Entry("ab")),
        (".new.<aid>.<nonce>", SpoolNames.NewAgent(AgentName.Make("1", "n", "x"), "ab")),
        ("card.json", SpoolNames.Card),
        (Heartbeat, new HeartbeatName(AgentName.Make("1", "n", "x"), new HeartbeatMarker(1, 2, true, true) { Left = true, Gang = 5, Holdings = 7 }).FileName),
        (Heartbeat, new HeartbeatName(AgentName.Make("1", "n", "x"), new HeartbeatMarker(1, 2, false, false)).FileName),
        ("q<id>.g<gen>.s<seq>[.final].db", new VersionName(new QueueName(3, 1), 2, true).FileName),
        ("q<id>.g<gen>.s<seq>[.final].db", new VersionName(new QueueName(3, 1), 2, false).FileName),
        ("<job>.<attempt>.b<branch>.o<ordinal>.<label>", new OutputName(new AttemptId(1, 2), 3, 4, "x.root").FileName),
        ("peek.<order>", new AnswerName(Guid.NewGuid()).FileName),
        ("lease.<n>.e<E>", new LeaseName(1, 2).FileName),
        ("m<seq>.e<E>.<kind>", new MessageName(1, 2, "kill").FileName),
        ("fenced.<E>", SpoolNames.Fenced(3)),
        (".t.<nonce>", SpoolNames.Temporary(null, "ab1")),
        (".t.e<E>.<nonce>", SpoolNames.Temporary(3, "ab1")),
        ("<shard>", SpoolNames.Shard(3)),
        ("<aid>", AgentName.Make("1", "n", "x")),
        ("<sha256>", new string('a', 64)),
        ("<aa>", "aa"),
        ("withdrawn", SpoolNames.Withdrawn),
        ("live", SpoolNames.Live),
    ];

    [Test]
    public void Every_file_name_of_the_page_is_written_by_the_code() => Assert.Multiple(() =>
    {
        foreach (var name in NamesOfThePage())
            Assert.That(Names.Select(pair => pair.Pattern), Does.Contain(name), "the page has a name that this test knows nothing of");
    });

    [Test]
    public void Every_file_name_that_the_code_writes_is_on_the_page_in_that_form() => Assert.Multiple(() =>
    {
        foreach (var (pattern, written) in Names)
        {
            Assert.That(NamesOfThePage(), Does.Contain(pattern));
            Assert.That(written, Does.Match(RegexOf(pattern)));
        }
    });

    [Test]
    public void Every_directory_of_the_layout_is_on_the_page() => Assert.Multiple(() =>
    {
        foreach (var directory in new[] { SpoolNames.Keys, SpoolNames.Bridge, SpoolNames.Pool, SpoolNames.Cache, SpoolNames.Agents, SpoolNames.Heartbeats,
            SpoolNames.Corrupt })
            Assert.That(Page, Does.Contain($"ROOT/{directory}/"));
        foreach (var directory in new[] { SpoolNames.Claim, SpoolNames.Out, SpoolNames.In }) Assert.That(Page, Does.Contain($"    {directory}/"));
    });

    [Test]
    public void Every_message_kind_is_on_the_page_and_the_other_way_round()
    {
        var row = Page.Split('\n').Single(line => line.StartsWith("| K1 ", StringComparison.Ordinal)).Split('|')[2];
        Assert.That(Regex.Matches(row, "`([a-z]+)`").Select(match => match.Groups[1].Value), Is.EqualTo(MessageName.Kinds));
    }

    /// <summary>The steps of section 4; the rows of section 8 are another catalogue with numbers of the same form.</summary>
    private static readonly HashSet<string> Steps = [.. Regex.Matches(
        Page[Page.IndexOf("\n## 4.", StringComparison.Ordinal)..Page.IndexOf("\n## 5.", StringComparison.Ordinal)], @"^\| ([A-Z]\d) \|", RegexOptions.Multiline)
        .Select(match => match.Groups[1].Value)];

    /// <summary>Everything that speaks the protocol.</summary>
    private static readonly string AllCode = string.Concat(
        new[] { "Spool", "Agent", "Bridge" }.SelectMany(project => Repository.Files($"src/HpcGrid.{project}", "*.cs")).Select(Repository.Text));

    [Test]
    public void Every_step_that_the_code_cites_is_on_the_page()
    {
        Assert.That(Steps, Has.Count.EqualTo(23));
        var cited = Regex.Matches(Code, @"\b([ABFEKJ]\d)\b(?![-.])").Select(match => match.Groups[1].Value).ToHashSet();
        Assert.That(cited, Is.SubsetOf(Steps));
    }

    [Test]
    public void Every_step_of_the_spools_own_is_cited_by_the_code([Values("B2", "B3", "B4", "B5", "K2", "A1", "A2", "A3", "A4", "A5", "A6", "F3", "F4", "F5", "K1", "E1", "J1", "J2", "J3")] string step) =>
        Assert.That(Code, Does.Match($@"\b{step}\b"));

    [Test]
    public void Every_step_of_the_page_is_cited_by_the_code() =>
        Assert.That(Steps.Where(step => !Regex.IsMatch(AllCode, $@"\b{step}\b")), Is.Empty);

    [Test]
    public void Every_message_kind_is_applied_by_the_agent_and_said_by_the_bridge()
    {
        var said = string.Concat(Repository.Files("src/HpcGrid.Bridge", "*.cs").Select(Repository.Text));
        var applied = Repository.Text("src/HpcGrid.Agent/AgentLoop.cs");
        foreach (var kind in MessageName.Kinds.Select(kind => char.ToUpperInvariant(kind[0]) + kind[1..]))
            Assert.That((kind, Regex.IsMatch(said, $@"\b(new {kind}\(|{kind} \w+\(.*new\()"), Regex.IsMatch(applied, $@"case (Spool\.)?{kind}\b")), Is.EqualTo((kind, true, true)));
    }

    [Test]
    public void Every_word_of_the_page_in_code_type_exists_in_the_code()
    {
        var words = Regex.Matches(Page, "`([A-Z][A-Za-z]+)(?:\\.([A-Z][A-Za-z]+))?`").SelectMany(match => match.Groups.Values.Skip(1)).Select(group => group.Value);
        Assert.That(words.Where(word => word.Length > 0 && !word.EndsWith("Tests", StringComparison.Ordinal)).Where(word => !Regex.IsMatch(Code, $@"\b{word}\b")), Is.Empty);
    }

    private static HashSet<string> NamesOfThePage()
    {
        var layout = Regex.Match(Page, @"```\n(ROOT/.*?)```", RegexOptions.Singleline).Groups[1].Value;
        var paths = layout.Split('\n', StringSplitOptions.RemoveEmptyEntries).SelectMany(line =>
            line.StartsWith(".t.", StringComparison.Ordinal) ? line.Split("  ", 3)[..2] : [Regex.Split(line.Trim(), "  +")[0]]);
        string[] directories = ["ROOT", "", SpoolNames.Keys, SpoolNames.Bridge, SpoolNames.Pool, SpoolNames.Cache, SpoolNames.Agents, SpoolNames.Heartbeats, SpoolNames.Corrupt,
            SpoolNames.Claim, SpoolNames.Out, SpoolNames.In];
        return [.. paths.SelectMany(path => path.Trim().Split('/')).Where(name => !directories.Contains(name))];
    }

    private static string RegexOf(string pattern)
    {
        var optional = Regex.Replace(Regex.Escape(pattern), @"\\\[(\\\..+?)]", "($1)?");
        return "^" + Regex.Replace(optional, @"<(?<name>\w+)>", match => match.Groups["name"].Value switch
        {
            "nonce" or "kind" => "[a-z0-9]+",
            "counters" => "(-[a-z][a-z0-9]*-[0-9]+)+",
            "label" => "[A-Za-z0-9_.-]+",
            "aid" => @"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+",
            "sha256" => "[0-9a-f]{64}",
            "order" => "[0-9a-f]{32}",
            "aa" => "[0-9a-f]{2}",
            "shard" => "[0-9]{2}",
            _ => "(0|[1-9][0-9]*)",
        }) + "$";
    }
}
