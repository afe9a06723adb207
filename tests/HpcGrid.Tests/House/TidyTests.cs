using System.Reflection;
using System.Text.RegularExpressions;

namespace HpcGrid.Tests.House;

/// <summary>How the code looks (DESIGN 3, rules 3 to 6).</summary>
public sealed class TidyTests
{
    private const int LongestFile = 400;
    private const int LongestMethod = 60;
    private const int LongestLine = 160;
    private const int MostConstructorParameters = 6;

    private static readonly Assembly[] Ours =
        [.. new[] { "HpcGrid.Core", "HpcGrid.Sqlite", "HpcGrid.Spool", "HpcGrid.Client", "hpcgrid-agent", "hpcgrid-bridge", "hpcgrid-central", "hpcgrid-simbatch", "hpcgrid" }.Select(Assembly.Load)];

    [Test]
    public void No_file_is_longer_than_400_lines() =>
        Assert.That(Repository.Files("src", "*.cs").Concat(Repository.Files("tests", "*.cs"))
            .Where(file => Repository.Lines(file).Length > LongestFile), Is.Empty);

    [Test]
    public void No_line_is_wider_than_a_screen() =>
        Assert.That(Repository.CodeLines("src", (_, line) => line.Length > LongestLine), Is.Empty);

    [Test]
    public void A_method_fits_a_screen()
    {
        var start = new Regex(@"^    (public|private|internal|protected|static|async|void|override)[^;={]*\)( where .*)?$");
        var tooLong = new List<string>();
        foreach (var file in Repository.Files("src", "*.cs"))
        {
            var lines = Repository.Lines(file);
            for (var i = 0; i < lines.Length; i++)
            {
                if (!start.IsMatch(lines[i])) continue;
                var end = Array.FindIndex(lines, i, line => line == "    }");
                if (end - i > LongestMethod) tooLong.Add($"{file}:{i + 1} is {end - i} lines long");
            }
        }
        Assert.That(tooLong, Is.Empty);
    }

    [Test]
    public void A_constructor_with_more_than_six_parameters_is_two_rooms() =>
        Assert.That(
            from type in OurTypes()
            where type.IsClass && !IsRecord(type)
            from constructor in type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance)
            where constructor.GetParameters().Length > MostConstructorParameters
            select $"{type.FullName} takes {constructor.GetParameters().Length}", Is.Empty);

    [Test]
    public void Names_say_what_a_thing_is() =>
        Assert.That(OurTypes().Select(type => type.Name)
            .Where(name => Regex.IsMatch(name, "(Manager|Helper|Helpers|Util|Utils|Base|Info|Common)$")), Is.Empty);

    [Test]
    public void Nothing_is_left_for_later() =>
        Assert.That(Repository.CodeLines("src", (_, line) => Regex.IsMatch(line, @"\b(TODO|FIXME|XXX|HACK)\b|NotImplementedException")), Is.Empty);

    [Test]
    public void No_error_is_swallowed() =>
        Assert.That(from file in Repository.Files("src", "*.cs")
                    where Regex.IsMatch(Repository.Text(file), @"catch\s*(\([^)]*\))?\s*(when\s*\([^{]*\))?\s*\{\s*\}")
                    select file, Is.Empty);

    [Test]
    public void Sql_stands_in_tables_only() =>
        Assert.That(Repository.CodeLines("src", (file, line) =>
            !Path.GetFileNameWithoutExtension(file).EndsWith("Table", StringComparison.Ordinal)
            && !file.Contains("/Database/", StringComparison.Ordinal)
            && !file.Contains("WorkQueue", StringComparison.Ordinal)
            && !Path.GetFileName(file).Equals("Ledger.cs", StringComparison.Ordinal)
            && Regex.IsMatch(line, @"""\s*(SELECT|INSERT|UPDATE|DELETE FROM|CREATE TABLE)\s", RegexOptions.IgnoreCase)), Is.Empty);

    [Test]
    public void Tests_wait_for_conditions_and_never_sleep() =>
        Assert.That(Repository.CodeLines("tests", (file, line) =>
            !file.StartsWith("tests/HpcGrid.Payload", StringComparison.Ordinal)
            && !file.EndsWith("TidyTests.cs", StringComparison.Ordinal)
            && Regex.IsMatch(line, @"Thread\.Sleep|Task\.Delay")), Is.Empty);

    [Test]
    public void No_path_of_one_machine_is_written_down() =>
        Assert.That(Repository.CodeLines("src", (_, line) => Regex.IsMatch(line, @"""/(work|root|home/\w+)/")), Is.Empty);

    [Test]
    public void Every_script_says_what_it_does_and_can_be_run() =>
        Assert.Multiple(() =>
        {
            foreach (var script in Repository.Files("tools", "*").Where(path => Path.GetExtension(path).Length == 0 && Path.GetFileName(path) != "dotnet-env"))
            {
                var lines = Repository.Lines(script);
                Assert.That(lines[0], Does.StartWith("#!/usr/bin/env "), script);
                Assert.That(lines[1], Does.StartWith("# "), script);
                Assert.That(File.GetUnixFileMode(Path.Combine(Repository.Root, script)) & UnixFileMode.UserExecute, Is.Not.EqualTo(default(UnixFileMode)), script);
            }
        });

    [Test]
    public void Every_page_can_be_found_from_the_front_door()
    {
        var front = Repository.Text("README.md") + Repository.Text("ARCHITECTURE.md");
        Assert.That(Repository.Files("docs", "*.md").Where(page => !front.Contains(page, StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Every_test_that_the_front_door_promises_exists()
    {
        var tests = Repository.Files("tests", "*.cs").Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var promised = Regex.Matches(Repository.Text("README.md") + Repository.Text("ARCHITECTURE.md"), @"`(\w+Tests)`").Select(match => match.Groups[1].Value);
        Assert.That(promised.Where(name => !tests.Contains(name)), Is.Empty);
    }

    [Test]
    public void Every_link_of_the_front_door_leads_somewhere()
    {
        var links = from page in Repository.Files("docs", "*.md").Concat(["README.md", "ARCHITECTURE.md", "examples/README.md", "src/HpcGrid.Spool/PROTOCOL.md"])
                    from Match link in Regex.Matches(Repository.Text(page), @"\]\(([^)#:]+)(#[^)]*)?\)")
                    let target = Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, link.Groups[1].Value)
                    where !File.Exists(target) && !Directory.Exists(target)
                    select $"{page}: {link.Groups[1].Value}";
        Assert.That(links, Is.Empty);
    }

    private static IEnumerable<Type> OurTypes() =>
        Ours.SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.Namespace?.StartsWith("HpcGrid", StringComparison.Ordinal) == true && !type.Name.Contains('<', StringComparison.Ordinal));

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$") is not null;
}
