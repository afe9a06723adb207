using HpcGrid.Core;

namespace HpcGrid.Spool;

/// <summary>What a bridge reads of its agents and tells them. Reading never changes anything; every word to an agent may be said twice.</summary>
public sealed class BridgeAgents(SpoolRoot root, long epoch, Publisher publisher)
{
    private readonly ISharedFs _fs = root.Fs;
    private readonly SpoolLayout _layout = root.Layout;
    private readonly Dictionary<string, string> _leases = [];

    /// <summary>Every agent that has a directory, live or fenced. `.new.` directories are among Foreign until they are complete.</summary>
    public Listing<string> List() => DirectoryListing.Of<string>(_fs, _layout.Agents, ParseAgent);

    /// <summary>Names of directories of agents that are entering, or died while they did.</summary>
    public IReadOnlyList<string> ListEntering() => [.. List().Foreign.Where(name => SpoolNames.TryParseNewAgent(name, out _))];

    private static bool ParseAgent(string name, out string agent)
    {
        agent = name;
        return AgentName.IsWellFormed(name);
    }

    /// <summary>`live` and every fence of an agent; both may be listed for a while (F5).</summary>
    public Listing<AgentPlace> FindPlaces(string agent)
    {
        var names = new List<string>();
        var errno = _fs.List(_layout.Agent(agent), names);
        var places = new List<AgentPlace>();
        var foreign = new List<string>();
        foreach (var name in names.Distinct())
        {
            if (name == SpoolNames.Live) places.Insert(0, new AgentPlace(agent));
            else if (SpoolNames.TryParseFenced(name, out var fence)) places.Add(new AgentPlace(agent, fence));
            else if (!SpoolNames.TryParseEntry(name, out _)) foreign.Add(name);
        }
        return new Listing<AgentPlace>(errno, places, foreign);
    }

    /// <summary>B5: the newest marker of every agent that has one; one listing for each heartbeat directory.</summary>
    public Listing<HeartbeatName> ListHeartbeats()
    {
        var newest = new Dictionary<string, HeartbeatName>();
        var foreign = new List<string>();
        var errno = Errno.None;
        foreach (var directory in _layout.HeartbeatShards)
        {
            var listed = DirectoryListing.Of<HeartbeatName>(_fs, directory, HeartbeatName.TryParse);
            foreach (var name in listed.Items) newest[name.Agent] = name;
            foreign.AddRange(listed.Foreign);
            if (!listed.Complete) errno = listed.Errno;
        }
        return new Listing<HeartbeatName>(errno, [.. newest.Values], foreign);
    }

    /// <summary>Looks at claims and versions.</summary>
    public AgentObservation Observe(AgentPlace place)
    {
        var claims = DirectoryListing.Of<QueueName>(_fs, _layout.Claims(place), QueueName.TryParseFile);
        var names = new List<string>();
        var outErrno = _fs.List(_layout.Out(place), names);
        var versions = new Dictionary<QueueName, VersionName>();
        var outputs = new List<OutputName>();
        var answers = new List<AnswerName>();
        var foreign = new List<string>(claims.Foreign);
        foreach (var name in names)
        {
            if (VersionName.TryParse(name, out var version)) Keep(versions, version);
            else if (OutputName.TryParse(name, out var output)) outputs.Add(output);
            else if (AnswerName.TryParse(name, out var answer)) answers.Add(answer);
            else if (!SpoolNames.IsTemporary(name)) foreign.Add(name);
        }
        var errno = claims.Complete ? outErrno : claims.Errno;
        return new AgentObservation(place, errno, claims.Items, versions, outputs, foreign) { Answers = answers, OutNames = names };
    }

    private static void Keep(Dictionary<QueueName, VersionName> versions, VersionName version)
    {
        if (!versions.TryGetValue(version.Queue, out var kept) || kept.Sequence < version.Sequence) versions[version.Queue] = version;
    }

    /// <summary>The agent's card; null with Errno None when it is there and no good.</summary>
    public Errno ReadCard(AgentPlace place, out AgentCard? card)
    {
        card = null;
        var errno = SpoolFile.Read(_fs, SpoolLayout.Join(_layout.Place(place), SpoolNames.Card), Limits.MessageBytes, out var bytes);
        if (errno != Errno.None) return errno;
        try { card = SpoolDocument.Decode(bytes, SpoolJson.Default.AgentCard); }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt) { return Errno.None; }
        if (card.Agent != place.Agent) card = null;
        return Errno.None;
    }

    /// <summary>B3: the newest valid version of a queue file, never below <paramref name="atLeast"/> (the highest accepted).</summary>
    public Latest<WorkQueueVersion> ReadVersion(AgentPlace place, QueueName queue, long atLeast) =>
        ReadVersion(place, queue, atLeast, WorkQueueImage.ReadVersion, null);

    /// <summary>The same of an agent that was looked at a moment ago: what was listed then is not listed again.</summary>
    public Latest<WorkQueueVersion> ReadVersion(AgentObservation seen, QueueName queue, long atLeast, Func<byte[], WorkQueueVersion> read) =>
        ReadVersion(seen.Place, queue, atLeast, read, seen.OutNames);

    private Latest<WorkQueueVersion> ReadVersion(
        AgentPlace place, QueueName queue, long atLeast, Func<byte[], WorkQueueVersion> read, IReadOnlyList<string>? listed)
    {
        return new LatestReader(_fs, _layout.Out(place), Limits.WorkQueueBytes).Read(SequenceOf, atLeast, Decode, listed);

        long? SequenceOf(string name) => VersionName.TryParse(name, out var version) && version.Queue == queue ? version.Sequence : null;

        WorkQueueVersion Decode(byte[] bytes)
        {
            var version = read(bytes);
            return version.Header.Name == queue && version.Agent == place.Agent
                ? version
                : throw GridError.Corrupt($"it is a version of {version.Header.Name} by {version.Agent}");
        }
    }

    /// <summary>K2: an agent's answer; null with Errno None when it is there and no good, which for its owner is a node that did not answer.</summary>
    public Errno ReadAnswer(AgentPlace place, AnswerName name, out PeekAnswer? answer)
    {
        answer = null;
        var errno = SpoolFile.Read(_fs, SpoolLayout.Join(_layout.Out(place), name.FileName), Limits.MessageBytes, out var bytes);
        if (errno != Errno.None) return errno;
        try { answer = SpoolDocument.Decode(bytes, SpoolJson.Default.PeekAnswer); }
        catch (GridError e) when (e.Code == ErrorCode.Corrupt) { return Errno.None; }
        if (answer.Order != name.Order) answer = null;
        return Errno.None;
    }

    /// <summary>F4: reads a claimed file where it lies, to see what its agent took.</summary>
    public ClaimReading ReadClaimed(AgentPlace place, QueueName queue) =>
        ClaimReading.Of(_fs, _layout.Claim(place, queue), queue);

    /// <summary>Copies a large output out of the spool. The content in the answer is what really came: compare it with the report's.</summary>
    public CopiedContent CopyOutput(AgentPlace place, OutputName output, ByteSink sink) =>
        SpoolFile.Copy(_fs, SpoolLayout.Join(_layout.Out(place), output.FileName), sink);

    /// <summary>Whether a large output lies in any of an agent's places; null when it cannot be told now.</summary>
    public bool? HasOutput(string agent, OutputName output)
    {
        if (root.CheckMounted() != Errno.None) return null;
        var places = FindPlaces(agent);
        if (!places.Complete) return places.Errno.IsAbsent() && List() is { Complete: true } agents && !agents.Items.Contains(agent) ? false : null;
        foreach (var place in places.Items)
        {
            var seen = Observe(place);
            if (seen.Outputs.Contains(output)) return true;
            if (seen.Errno != Errno.None) return null;
        }
        return false;
    }

    /// <summary>Renews the agent's lease: one rename of an empty marker.</summary>
    public Errno Lease(string agent, long number)
    {
        var directory = _layout.In(new AgentPlace(agent));
        var name = new LeaseName(number, epoch).FileName;
        var errno = _leases.TryGetValue(agent, out var last) ? Rename(directory, last, name) : Errno.ENOENT;
        if (errno.IsAbsent()) errno = FindOrMakeLease(directory, name);
        if (errno == Errno.None) _leases[agent] = name;
        else _leases.Remove(agent);
        return errno;
    }

    private Errno FindOrMakeLease(string directory, string name)
    {
        var names = new List<string>();
        var errno = _fs.List(directory, names);
        if (errno != Errno.None) return errno;
        var found = names.Find(other => LeaseName.TryParse(other, out _));
        if (found is null) return publisher.PublishMarker(directory, name);
        return found == name ? Errno.None : Rename(directory, found, name);
    }

    private Errno Rename(string directory, string from, string to) =>
        _fs.Rename(SpoolLayout.Join(directory, from), SpoolLayout.Join(directory, to));

    /// <summary>
    /// K1: publishes a control message. The sequence grows with every message to this agent, also when the same thing is said again
    /// because its effect has not been seen.
    /// </summary>
    public Errno Send(string agent, long sequence, ControlMessage message) =>
        publisher.Publish(
            _layout.In(new AgentPlace(agent)),
            new MessageName(sequence, epoch, message.Kind).FileName,
            SpoolDocument.Encode(message, SpoolJson.Default.ControlMessage),
            durable: false);

    /// <summary>Names of the messages that lie in an agent's inbox, in order: after a restart the next sequence is above all of them.</summary>
    public Listing<MessageName> ListMessages(string agent)
    {
        var names = new List<string>();
        var errno = _fs.List(_layout.In(new AgentPlace(agent)), names);
        var messages = names.Where(name => MessageName.TryParse(name, out _)).Select(Parse).Distinct().OrderBy(message => message.Sequence).ToList();
        return new Listing<MessageName>(errno, messages, []);

        static MessageName Parse(string name) => MessageName.TryParse(name, out var message) ? message : default;
    }

    /// <summary>Unlinks a message that has had its effect.</summary>
    public Errno RemoveMessage(string agent, MessageName message) =>
        _fs.Unlink(SpoolLayout.Join(_layout.In(new AgentPlace(agent)), message.FileName));

    /// <summary>
    /// F3: renames live to fenced.[E]. The answer is a hint: repeat until <see cref="FindPlaces"/> lists only fences. A notice to the agent, not the
    /// fence; that is in the ledger.
    /// </summary>
    public Errno Fence(string agent)
    {
        _leases.Remove(agent);
        return _fs.Rename(_layout.Place(new AgentPlace(agent)), _layout.Place(new AgentPlace(agent, epoch)));
    }
}
