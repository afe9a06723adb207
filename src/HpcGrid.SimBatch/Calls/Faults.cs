using System.Globalization;
using System.Text;
using HpcGrid.Core;
using HpcGrid.SimBatch.Cluster;

namespace HpcGrid.SimBatch.Calls;

/// <summary>What goes wrong with a command.</summary>
internal enum FaultKind
{
    /// <summary>It does its work, and its answer is lost.</summary>
    LostAnswer,
    /// <summary>It reaches nobody.</summary>
    Fail,
    /// <summary>It takes so many seconds.</summary>
    Delay,
    /// <summary>It never answers.</summary>
    Hang,
    /// <summary>It does its work and never answers.</summary>
    HangAfter,
    /// <summary>It knows no job.</summary>
    UnknownId,
    /// <summary>It knows no job that has ended.</summary>
    Forget,
    /// <summary>The history does not answer.</summary>
    NoHistory,
    /// <summary>Its output is cut in the middle, or after so many bytes.</summary>
    Truncate,
    /// <summary>Warnings stand before its output.</summary>
    Warn,
    /// <summary>States are in another language.</summary>
    Foreign,
    /// <summary>A job of somebody else has a name that is not UTF-8, with quotes and blanks.</summary>
    StrangeName,
    /// <summary>So many jobs of others are there too.</summary>
    Crowd,
}

/// <summary>A fault, and which command it happens to; "*" for all.</summary>
/// <param name="Times">How often; 0: always.</param>
internal sealed record Fault(string Command, FaultKind Kind, int Amount, int Times)
{
    public static string Names => string.Join(", ", Enum.GetValues<FaultKind>().Select(NameOf));

    /// <summary>"COMMAND FAULT [AMOUNT] [xTIMES]". Throws GridError(Invalid).</summary>
    public static Fault Parse(string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length < 2) throw GridError.Invalid($"'{line}' is no fault", "Write COMMAND FAULT [AMOUNT] [xTIMES]: squeue truncate x2");
        var kind = Enum.GetValues<FaultKind>().Where(kind => NameOf(kind) == words[1]).Cast<FaultKind?>().FirstOrDefault()
            ?? throw GridError.Invalid($"there is no fault '{words[1]}'", $"Known: {Names}.");
        var (amount, times) = (0, 0);
        foreach (var word in words.Skip(2))
        {
            var isTimes = word[0] == 'x';
            if (!int.TryParse(isTimes ? word[1..] : word, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                throw GridError.Invalid($"'{word}' in '{line}' is no number", "Write COMMAND FAULT [AMOUNT] [xTIMES]: * delay 3 x1");
            if (isTimes) times = number;
            else amount = number;
        }
        return new Fault(words[0], kind, Math.Min(amount, Limits.MostCrowd), times);
    }

    public override string ToString() => $"{Command} {NameOf(Kind)}{(Amount > 0 ? $" {Amount}" : "")}{(Times > 0 ? $" x{Times}" : "")}";

    private static string NameOf(FaultKind kind) =>
        string.Concat(kind.ToString().Select((c, index) => char.IsUpper(c) && index > 0 ? $"-{char.ToLowerInvariant(c)}"
            : char.ToLowerInvariant(c).ToString()));
}

/// <summary>The faults that are switched on: lines of a file, which anybody may edit, and the caller's SIMBATCH_FAULT, separated by ';'.</summary>
internal sealed class Faults(ClusterSetup setup)
{
    public const string Variable = "SIMBATCH_FAULT";

    /// <summary>Those that happen to this call; counted down.</summary>
    public IReadOnlyList<Fault> Take(Call call)
    {
        var (all, mine) = (Read(), new List<Fault>());
        var left = all.Select(fault => Happens(fault, call.Command, mine)).OfType<Fault>().ToList();
        if (!left.SequenceEqual(all)) Write(left);
        foreach (var line in call.Environment.GetValueOrDefault(Variable, "").Split(';', StringSplitOptions.RemoveEmptyEntries))
            Happens(Fault.Parse(line), call.Command, mine);
        return mine;
    }

    public void Add(Fault fault) => Write([.. Read(), fault]);

    public void Clear() => File.Delete(setup.FaultFile);

    public IReadOnlyList<Fault> Read() => !File.Exists(setup.FaultFile) ? []
        : [.. File.ReadAllLines(setup.FaultFile).Where(line => line.Trim().Length > 0 && line[0] != '#').Select(Fault.Parse)];

    /// <summary>What the command sees.</summary>
    public static Sight Sight(IReadOnlyCollection<Job> jobs, IReadOnlyList<Fault> faults)
    {
        var seen = faults.Any(fault => fault.Kind == FaultKind.UnknownId) ? [] : jobs.ToList();
        if (faults.Any(fault => fault.Kind == FaultKind.Forget)) seen.RemoveAll(job => job.Phase == Phase.Ended);
        if (faults.Any(fault => fault.Kind == FaultKind.StrangeName)) seen.Insert(0, Stranger(90, $"it's \"a | job\" {NotUtf8}"));
        var crowd = faults.Where(fault => fault.Kind == FaultKind.Crowd).Sum(fault => fault.Amount);
        for (var i = 0; i < crowd; i++) seen.Add(Stranger(1_000_000 + i, $"other{i}"));
        return new Sight(seen)
        {
            IsForeign = faults.Any(fault => fault.Kind == FaultKind.Foreign), HasHistory = !faults.Any(fault => fault.Kind == FaultKind.NoHistory),
        };
    }

    /// <summary>The output as it arrives.</summary>
    public static byte[] Damaged(string output, IReadOnlyList<Fault> faults)
    {
        if (faults.Any(fault => fault.Kind == FaultKind.Warn)) output = "warning: the server is busy, please be patient\n\n" + output;
        var bytes = Encoding.UTF8.GetBytes(output);
        var mark = Encoding.UTF8.GetBytes(NotUtf8);
        for (int at; (at = bytes.AsSpan().IndexOf(mark)) >= 0;) bytes = [.. bytes[..at], 0xFF, 0xC0, .. bytes[(at + mark.Length)..]];
        foreach (var fault in faults.Where(fault => fault.Kind == FaultKind.Truncate))
            bytes = bytes[..Math.Min(bytes.Length, fault.Amount > 0 ? fault.Amount : bytes.Length / 2)];
        return bytes;
    }

    /// <summary>Stands for bytes that are no UTF-8 until the output is bytes.</summary>
    private const string NotUtf8 = "\uE000";

    private static Job Stranger(long id, string name) => new()
    {
        Id = id,
        // Of the same account, so that nobody's answer leaves them out.
        User = Environment.UserName,
        Phase = Phase.Running,
        Submitted = DateTimeOffset.UnixEpoch,
        Started = DateTimeOffset.UnixEpoch,
        On = ["node0"],
        Request = new JobRequest { Name = name, Queue = "elsewhere", Folder = "/", Output = "/dev/null", Script = "", Walltime = TimeSpan.FromHours(1) },
    };

    /// <summary>What is left of it; null when it has happened often enough.</summary>
    private static Fault? Happens(Fault fault, string command, List<Fault> mine)
    {
        if (fault.Command != "*" && fault.Command != command) return fault;
        mine.Add(fault);
        return fault.Times switch { 0 => fault, 1 => null, _ => fault with { Times = fault.Times - 1 } };
    }

    private void Write(IReadOnlyList<Fault> faults) => File.WriteAllLines(setup.FaultFile, faults.Select(fault => fault.ToString()));
}
