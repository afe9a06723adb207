using System.Text.Json;

namespace HpcGrid.EndToEnd;

/// <summary>
/// Every example runs on a real grid and ends as its first lines say: "ends: DONE", "with: the values of $1 $2", "after: another that must be done".
/// </summary>
public sealed class ExampleTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(5);

    [Test]
    public async Task Every_example_ends_as_it_says()
    {
        var examples = Example.All();
        Assert.That(examples, Has.Count.GreaterThan(20));
        await using var grid = await Grid.Start(nodes: 4, cores: 2,
            more: "  nodesPerPilot: 2\n  counters: \"gpu=2,licence=2\"\ncloseSe: [\"HPCGRID::Central::Local\"]");
        var jobs = new Dictionary<string, long>();
        var ends = new Dictionary<string, string>();
        foreach (var example in examples.OrderBy(example => example.After is not null))
        {
            if (example.After is { } other) ends[other] = (await grid.UntilFinal(jobs[other], Bound)).State;
            var answer = await grid.Ok(["submit", "--json", "--upload", example.File, .. example.With]);
            jobs[example.Name] = JsonDocument.Parse(answer).RootElement.GetProperty("job").GetInt64();
        }
        foreach (var (name, job) in jobs) ends[name] = (await grid.UntilFinal(job, Bound)).State;
        var wrong = examples.Where(example => ends[example.Name] != example.Ends).ToList();
        foreach (var example in wrong) TestContext.Out.WriteLine($"{example.File}\n{await grid.Ok("ps", "-m", $"{jobs[example.Name]}", "--all")}");
        Assert.That(examples.Select(example => $"{example.Name} {ends[example.Name]}"), Is.EqualTo(examples.Select(example => $"{example.Name} {example.Ends}")));
    }

    [Test]
    public void Every_example_is_explained_on_the_page()
    {
        var page = File.ReadAllText(Path.Combine(Example.Folder, "README.md"));
        Assert.That(Example.All().Where(example => !page.Contains($"({Path.GetRelativePath(Example.Folder, example.File)})", StringComparison.Ordinal)).Select(example => example.Name), Is.Empty);
    }

    private sealed record Example(string File, string Ends, IReadOnlyList<string> With, string? After)
    {
        public string Name => Path.GetFileName(File);

        public static string Folder { get; } = Path.Combine(FolderOfCheckout(), "examples");

        public static List<Example> All() =>
            [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(file => Path.GetExtension(file) is ".jdl" or ".json").Order(StringComparer.Ordinal).Select(Read)];

        private static Example Read(string file)
        {
            var lines = System.IO.File.ReadLines(file).SkipWhile(line => line == "{").Select(line => line.TrimStart())
                .TakeWhile(line => line.StartsWith('#') || line.StartsWith("//", StringComparison.Ordinal)).ToList();
            return new Example(file, Said(lines, "ends") ?? "nothing said", Words(Said(lines, "with")), Said(lines, "after"));
        }

        private static string? Said(List<string> lines, string what) =>
            lines.Select(line => line.TrimStart('#', '/', ' ')).FirstOrDefault(line => line.StartsWith(what + ": ", StringComparison.Ordinal))?[(what.Length + 2)..];

        /// <summary>Words between blanks; quotes keep one together.</summary>
        private static List<string> Words(string? text) =>
            [.. System.Text.RegularExpressions.Regex.Matches(text ?? "", "\"([^\"]*)\"|([^ ]+)").Select(word => word.Groups[1].Success ? word.Groups[1].Value : word.Value)];

        private static string FolderOfCheckout()
        {
            var folder = AppContext.BaseDirectory;
            while (!System.IO.File.Exists(Path.Combine(folder, "HpcGrid.sln"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }
}
