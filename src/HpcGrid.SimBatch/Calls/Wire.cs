using System.Net.Sockets;
using System.Text;

namespace HpcGrid.SimBatch.Calls;

/// <summary>What commands and daemon say to each other over the socket: a call, perhaps the caller's standard input, an answer.</summary>
internal static class Wire
{
    public const byte WantsInput = 1, IsAnswer = 2;

    public static void Write(BinaryWriter to, IReadOnlyList<string> words)
    {
        to.Write(words.Count);
        foreach (var word in words) to.Write(word);
    }

    /// <exception cref="InvalidDataException">More than can be.</exception>
    public static string[] ReadWords(BinaryReader from)
    {
        var count = from.ReadInt32();
        if (count is < 0 or > Limits.MostWords) throw new InvalidDataException($"{count} words");
        var words = new string[count];
        for (var i = 0; i < count; i++) words[i] = from.ReadString();
        return words;
    }

    public static void Write(BinaryWriter to, IReadOnlyDictionary<string, string> pairs) =>
        Write(to, [.. pairs.SelectMany(pair => new[] { pair.Key, pair.Value })]);

    public static Dictionary<string, string> ReadPairs(BinaryReader from)
    {
        var (words, pairs) = (ReadWords(from), new Dictionary<string, string>());
        for (var i = 0; i + 1 < words.Length; i += 2) pairs[words[i]] = words[i + 1];
        return pairs;
    }

    public static void Write(BinaryWriter to, byte[] bytes)
    {
        to.Write(bytes.Length);
        to.Write(bytes);
    }

    public static byte[] ReadBytes(BinaryReader from)
    {
        var length = from.ReadInt32();
        return length is >= 0 and <= Limits.LongestText ? from.ReadBytes(length) : throw new InvalidDataException($"{length} bytes");
    }

    public static void Write(BinaryWriter to, LaunchPlan? plan)
    {
        to.Write(plan is not null);
        if (plan is null) return;
        Write(to, plan.Words);
        Write(to, plan.Prefix);
        to.Write(plan.IsBare);
        to.Write(plan.EndsTogether);
        to.Write(plan.Tasks.Count);
        foreach (var task in plan.Tasks)
        {
            to.Write(task.Node);
            Write(to, task.Environment);
        }
    }

    public static LaunchPlan? ReadPlan(BinaryReader from)
    {
        if (!from.ReadBoolean()) return null;
        var (words, prefix, bare, together, count) = (ReadWords(from), ReadWords(from), from.ReadBoolean(), from.ReadBoolean(), from.ReadInt32());
        var tasks = new List<TaskPlan>();
        for (var i = 0; i < count; i++) tasks.Add(new TaskPlan(from.ReadString(), ReadPairs(from)));
        return new LaunchPlan(tasks, words) { Prefix = prefix, IsBare = bare, EndsTogether = together };
    }

    /// <summary>The daemon's socket. Its path may be longer than a socket's may be, so the caller stands in the folder for a moment.</summary>
    /// <exception cref="SocketException">Nobody listens.</exception>
    public static NetworkStream Connect(string home)
    {
        var before = Environment.CurrentDirectory;
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            Environment.CurrentDirectory = home;
            socket.Connect(new UnixDomainSocketEndPoint(Cluster.ClusterSetup.Socket));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally { Environment.CurrentDirectory = before; }
    }

    public static BinaryReader Reader(Stream stream) => new(stream, Encoding.UTF8, leaveOpen: true);
    public static BinaryWriter Writer(Stream stream) => new(new BufferedStream(stream, 64 * 1024), Encoding.UTF8, leaveOpen: true);
}
