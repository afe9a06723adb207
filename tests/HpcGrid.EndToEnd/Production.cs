namespace HpcGrid.EndToEnd;

/// <summary>A production in the shape users have: program and input from the catalogue, a counter, an archive, a validation.</summary>
internal static class Production
{
    private const string Home = "/hpcgrid/user/p/physicist";

    /// <summary>Uploads the program, its input and its validation, and gives the JDL of n subjobs.</summary>
    public static async Task<string> Prepare(Grid grid, int subjobs, double secondsEach = 0)
    {
        await grid.Upload("simulate.sh", $"""
            #!/bin/sh
            # counter, then what the input says, then which interfaces this node has
            sleep {secondsEach.ToString(System.Globalization.CultureInfo.InvariantCulture)}
            echo "job $1 on $HPCGRID_NODE"
            echo "$1 $(cat physics.txt)" > "result_$1.txt"
            grep : /proc/net/dev | cut -d: -f1 | tr -d ' ' > interfaces.txt
            """);
        await grid.Upload("check.sh", "#!/bin/sh\ntest -s result_*.txt\n");
        await grid.Upload("physics.txt", "lifetime=2.2");
        return $$"""
            Executable = "{{Home}}/simulate.sh";
            Arguments = "#alien_counter#";
            InputFile = { "LF:{{Home}}/physics.txt" };
            OutputArchive = { "results.zip:result_*.txt,interfaces.txt,stdout" };
            OutputDir = "{{Home}}/out/#alien_counter_04i#";
            ValidationCommand = "{{Home}}/check.sh";
            TTL = 600;
            Split = "production:1-{{subjobs}}";
            """;
    }

    /// <summary>Every subjob's result is in the catalogue and says what it should.</summary>
    public static async Task AssertResults(Grid grid, int subjobs)
    {
        var counters = Enumerable.Range(1, subjobs).ToList();
        var results = await grid.Read(counters.Select(counter => Output(counter, $"result_{counter}.txt")));
        Assert.That(results, Is.EqualTo(counters.Select(counter => $"{counter} lifetime=2.2\n")));
    }

    /// <summary>Where a subjob's output is in the catalogue.</summary>
    public static string Output(int counter, string name) => $"{Home}/out/{counter:D4}/{name}";
}
