using HpcGrid.Central.Database;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Central.Events;

/// <summary>How many subjobs of a master are in which state and on which node; changed together with the jobs (R-A68).</summary>
public static class ChildCountTable
{
    public static void Add(Session session, long master, JobState state, long change) =>
        session.Execute(
            "INSERT INTO child_count (master, state, number) VALUES ($1, $2, $3) " +
            "ON CONFLICT (master, state) DO UPDATE SET number = child_count.number + $3",
            master, (int)state, change);

    public static Dictionary<JobState, int> States(Session session, long master) =>
        session.Query("SELECT state, number FROM child_count WHERE master = $1 AND number <> 0",
            reader => ((JobState)reader.GetInt64(0), (int)reader.GetInt64(1)), master)
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);

    public static void AddNode(Session session, long master, string node, long running, long ended) =>
        session.Execute(
            "INSERT INTO node_count (master, node, running, ended) VALUES ($1, $2, $3, $4) " +
            "ON CONFLICT (master, node) DO UPDATE SET running = node_count.running + $3, ended = node_count.ended + $4",
            master, node, running, ended);

    public static List<NodeProgress> Nodes(Session session, long master) =>
        session.Query("SELECT node, running, ended FROM node_count WHERE master = $1 ORDER BY node",
            reader => new NodeProgress(reader.GetString(0), (int)reader.GetInt64(1), (int)reader.GetInt64(2)), master);
}
