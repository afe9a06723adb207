namespace HpcGrid.Central.Broker;

/// <summary>Which waiting groups get the free slots. Pure.</summary>
public static class MatchRules
{
    /// <summary>
    /// Gives slots one by one to the owner whose computed priority times the price of their best group is the greatest; of equals, to the one with
    /// the fewest active. Each owner's go to their best group (higher priority, then price, then older) that matches. Whether a group matches
    /// is asked at most once, and only when its turn comes (R-A11). The room is what the answer may weigh.
    /// </summary>
    public static List<(Demand Group, int Number)> Share(
        IEnumerable<Demand> groups, Func<string, OwnerStanding> standing, int slots, long room, Func<Demand, long?> weightIfMatching)
    {
        var taken = new Dictionary<Demand, int>();
        var turns = new PriorityQueue<OwnerTurn, (double, long, string)>();
        foreach (var groupsOfOwner in groups.GroupBy(group => group.Owner))
        {
            var turn = new OwnerTurn(groupsOfOwner, standing(groupsOfOwner.Key));
            if (turn.HasRoom) turns.Enqueue(turn, turn.Order);
        }
        while (slots > 0 && room > 0 && turns.TryDequeue(out var turn, out var order))
        {
            if (turn.Next(weightIfMatching, taken) is not var (group, weight)) continue;
            // A cheaper group than the one that did not match may have to wait for its owner's next turn.
            if (turn.Order.CompareTo(order) > 0)
            {
                turns.Enqueue(turn, turn.Order);
                continue;
            }
            taken[group] = taken.GetValueOrDefault(group) + 1;
            slots--;
            room -= weight;
            turn.Take();
            if (turn.HasRoom) turns.Enqueue(turn, turn.Order);
        }
        return [.. taken.Select(pair => (pair.Key, pair.Value))];
    }

    private sealed class OwnerTurn(IGrouping<string, Demand> groups, OwnerStanding standing)
    {
        private readonly Queue<Demand> _groups = new(groups.OrderByDescending(group => group.Priority).ThenByDescending(group => group.Price)
            .ThenBy(group => group.Since).ThenBy(group => group.Description));
        private long _active = standing.Load.Active;
        private long _room = QuotaRules.Room(standing);
        private long? _weight;

        public bool HasRoom => _room > 0 && _groups.Count > 0;

        /// <summary>Smaller comes first.</summary>
        public (double, long, string) Order =>
            (-QuotaRules.ComputedPriority(standing.Quota, _active) * (_groups.TryPeek(out var group) ? group.Price : 0), _active, groups.Key);

        public void Take()
        {
            _active++;
            _room--;
        }

        /// <summary>The group this owner's next slot goes to, or null when nothing of theirs is left.</summary>
        public (Demand Group, long Weight)? Next(Func<Demand, long?> weightIfMatching, Dictionary<Demand, int> taken)
        {
            while (_groups.TryPeek(out var group))
            {
                if (taken.GetValueOrDefault(group) < group.Number && (_weight ??= weightIfMatching(group)) is { } weight) return (group, weight);
                _groups.Dequeue();
                _weight = null;
            }
            return null;
        }
    }
}
