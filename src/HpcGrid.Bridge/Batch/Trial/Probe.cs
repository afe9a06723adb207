using System.Globalization;

namespace HpcGrid.Bridge.Batch.Trial;

/// <summary>What a probe wrote down: a line "WORD VALUE TIME" for each thing that happened to it, in a file for each process.</summary>
internal sealed record ProbeNotes(IReadOnlyList<(string Word, string Value, DateTimeOffset At)> Lines)
{
    public string? Value(string word) => Lines.Where(line => line.Word == word).Select(line => line.Value).FirstOrDefault();

    public DateTimeOffset? Time(string word) => Lines.Where(line => line.Word == word).Select(line => (DateTimeOffset?)line.At).FirstOrDefault();
}

/// <summary>Stands in an agent's place in the scripts of `batch test`: writes down how it was started, and which signals come.</summary>
/// <param name="folder">A folder that compute nodes see.</param>
internal sealed class Probe(string folder)
{
    private const string Script = """
        #!/bin/sh
        # Called as: probe.sh FOLDER OPTIONS-OF-AN-AGENT. Writes what happens into FOLDER/TAG.NODE.PROCESS.notes until it is ended.
        folder=$1
        shift
        while [ $# -gt 1 ]; do
            case $1 in --pilot) tag=$2 ;; --batch-id) id=$2 ;; --deadline) deadline=$2 ;; --node) node=$2 ;; --work) work=$2 ;; esac
            shift 2
        done
        notes=$folder/$tag.$node.$$.notes
        note() { echo "$1 $2 $(date +%s)" >> "$notes"; }
        note id "$id"
        note deadline "$deadline"
        note node "$node"
        note pilot "${HPCGRID_PILOT:-none}"
        mkdir -p "$work" 2>/dev/null && note work good || note work bad
        for signal in USR1 USR2 XCPU; do trap "note signal $signal" $signal; done
        trap 'note signal TERM; kill $! 2>/dev/null; exit 143' TERM
        note started yes
        i=0
        while [ $i -lt 3600 ]; do
            sleep 1 &
            wait $!
            i=$((i + 1))
            echo "alive $i $(date +%s)" > "$notes.alive"
        done
        """;

    /// <summary>The words in an agent's place.</summary>
    public IReadOnlyList<string> Words => ["/bin/sh", Path.Combine(folder, "probe.sh"), folder];

    public void Write() => File.WriteAllText(Path.Combine(folder, "probe.sh"), Script + "\n");

    /// <summary>Of each process of a pilot.</summary>
    public IReadOnlyList<ProbeNotes> Read(string tag) =>
        [.. Directory.EnumerateFiles(folder, tag + ".*.notes").Order().Select(file => new ProbeNotes([.. Lines(file), .. Lines(file + ".alive")]))];

    private static IEnumerable<(string, string, DateTimeOffset)> Lines(string file) =>
        from line in File.Exists(file) ? File.ReadAllLines(file) : []
        let words = line.Split(' ')
        where words.Length == 3 && long.TryParse(words[2], CultureInfo.InvariantCulture, out _)
        select (words[0], words[1], DateTimeOffset.FromUnixTimeSeconds(long.Parse(words[2], CultureInfo.InvariantCulture)));
}
