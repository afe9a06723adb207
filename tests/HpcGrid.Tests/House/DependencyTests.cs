using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace HpcGrid.Tests.House;

/// <summary>Who may know whom (DESIGN 3, rules 1 and 2).</summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> MayKnow = new()
    {
        ["HpcGrid.Core"] = [],
        ["HpcGrid.Sqlite"] = [],
        ["HpcGrid.Spool"] = ["HpcGrid.Core", "HpcGrid.Sqlite"],
        ["HpcGrid.Client"] = ["HpcGrid.Core"],
        ["HpcGrid.Agent"] = ["HpcGrid.Core", "HpcGrid.Spool"],
        ["HpcGrid.Bridge"] = ["HpcGrid.Core", "HpcGrid.Spool", "HpcGrid.Sqlite", "HpcGrid.Client"],
        ["HpcGrid.Central"] = ["HpcGrid.Core", "HpcGrid.Sqlite"],
        ["HpcGrid.SimBatch"] = ["HpcGrid.Core"],
        ["HpcGrid.Cli"] = ["HpcGrid.Core", "HpcGrid.Client", "HpcGrid.Spool"],
    };

    /// <summary>A room may use those after it. Monitoring is used by nobody but listens to Events.</summary>
    private static readonly string[] RoomsFromTop =
        ["Api", "Sessions", "Federation", "TaskQueue", "Broker", "Catalogue", "Storage", "Transfers", "Identity", "Events", "Database"];

    [Test]
    public void A_project_references_only_those_it_may_know()
    {
        foreach (var project in Repository.Files("src", "*.csproj"))
        {
            var name = Path.GetFileNameWithoutExtension(project);
            Assert.That(MayKnow, Does.ContainKey(name), $"{name} is new: say in this table whom it may know");
            var known = XDocument.Load(Path.Combine(Repository.Root, project)).Descendants("ProjectReference")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value));
            Assert.That(known, Is.SubsetOf(MayKnow[name]), project);
        }
    }

    [Test]
    public void Core_takes_no_package()
    {
        var core = XDocument.Load(Path.Combine(Repository.Root, "src/HpcGrid.Core/HpcGrid.Core.csproj"));
        Assert.That(core.Descendants("PackageReference"), Is.Empty);
    }

    [Test]
    public void Only_executables_log(
        [Values("HpcGrid.Core", "HpcGrid.Sqlite", "HpcGrid.Spool", "HpcGrid.Client")] string library) =>
        Assert.That(Repository.Text($"src/{library}/{library}.csproj"), Does.Not.Contain("Serilog"));

    [Test]
    public void The_agent_references_nothing_that_could_open_a_socket()
    {
        var seen = new HashSet<string>();
        var pending = new Queue<Assembly>([Assembly.Load("hpcgrid-agent")]);
        while (pending.TryDequeue(out var assembly))
            foreach (var reference in assembly.GetReferencedAssemblies())
                if (seen.Add(reference.Name!) && reference.Name!.StartsWith("HpcGrid.", StringComparison.Ordinal))
                    pending.Enqueue(Assembly.Load(reference));
        Assert.That(seen.Where(name => name.StartsWith("System.Net.", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void A_room_of_central_uses_only_rooms_below_it()
    {
        var use = new Regex(@"\bHpcGrid\.Central\.(\w+)");
        var upward =
            from file in Repository.Files("src/HpcGrid.Central", "*.cs")
            let room = file.Split('/')[2]
            let level = Array.IndexOf(RoomsFromTop, room)
            where level >= 0
            from line in Repository.Lines(file)
            where line.StartsWith("using ", StringComparison.Ordinal)
            from Match match in use.Matches(line)
            let used = Array.IndexOf(RoomsFromTop, match.Groups[1].Value)
            where used >= 0 && used < level
            select $"{file}: {line}";
        Assert.That(upward, Is.Empty);
    }
}
