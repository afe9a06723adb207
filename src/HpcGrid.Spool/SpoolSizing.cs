namespace HpcGrid.Spool;

/// <summary>How a new spool is divided. Pure.</summary>
public static class SpoolSizing
{
    /// <summary>One directory for as many agents as can be looked at one by one; above that all that are possible.</summary>
    public static int Shards(int agents) => agents <= Limits.AgentsOfOneShard ? 1 : Limits.Shards;
}
