using BenchmarkDotNet.Attributes;
using HpcGrid.Core.Jdl;

namespace HpcGrid.Benchmarks;

/// <summary>Question: what does a description cost to read, and a subjob's to compute?</summary>
public class HowFastIsParsing
{
    private const string Jdl = """
        Executable = "decay.sh";
        Arguments = "#alien_counter# 10000";
        InputFile = { "LF:/hpcgrid/user/j/jdoe/decay/physics.txt" };
        OutputArchive = { "results.zip:hist_#alien_counter#.txt,stdout" };
        OutputDir = "/hpcgrid/user/j/jdoe/decay/out/#alien_counter_04i#";
        ValidationCommand = "validate.sh";
        Requirements = member(other.CloseSE, "HPCGRID::CERN::EOS") && other.TTL > 3600;
        Split = "production:1-1000000";
        """;

    private readonly JobDescription _description = JobDescription.Read(JdlParser.Parse(Jdl, []));
    private int _number;

    [Benchmark]
    public JobDescription Read() => JobDescription.Read(JdlParser.Parse(Jdl, []));

    [Benchmark]
    public JobPart Part() => Splitter.Part(_description, _number++ % 1_000_000);
}
