using HpcGrid.Spool;

namespace HpcGrid.Agent.Jobs;

/// <summary>
/// For which gang this node is kept (J1 to J3). Messages may come late, twice or in any order: numbers of gangs only grow, and what is about a lower one
/// than was heard of changes nothing.
/// </summary>
internal sealed class Reservation
{
    private long _highest;

    /// <summary>The gang's number; 0 for none.</summary>
    public long Gang { get; private set; }

    /// <summary>This agent claims the gang's job and runs it.</summary>
    public bool First { get; private set; }

    /// <summary>Whether offers for <see cref="Gang"/> are ours to claim; for 0, ordinary ones.</summary>
    public bool MayClaim => Gang == 0 || First;

    /// <summary>Jobs of a claimed file may begin: ordinary ones while nothing is reserved, a gang's on its first node.</summary>
    public bool Admits(Gang? gang) => gang is null ? Gang == 0 : First && gang.Number == Gang;

    /// <summary>True when something has changed.</summary>
    public bool Take(Reserve order)
    {
        if (order.Gang <= _highest) return false;
        (_highest, Gang, First) = (order.Gang, order.Gang, order.First);
        return true;
    }

    /// <summary>True when this ended the reservation.</summary>
    public bool Take(Release order)
    {
        if (order.Gang > _highest) _highest = order.Gang;
        if (Gang == 0 || order.Gang < Gang) return false;
        (Gang, First) = (0, false);
        return true;
    }
}
