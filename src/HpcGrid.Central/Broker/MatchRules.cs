namespace HpcGrid.Central.Broker;

/// <summary>Which waiting groups get the free slots. Pure.</summary>
public static class MatchRules
{
    /// <summary>
    /// Gives slots one by one to the user who has the fewest running; each user's go to their best group (higher priority, then older) that matches.
    /// Whether a group matches is asked at most once, and only when its turn comes. The room is what the answer may weigh.
    /// </summary>
    public static List<(Demand Group, int Number)> Share(
        IEnumerable<Demand> groups, IReadOnlyDictionary<string, int> active, int slots, long room, Func<Demand, long?> weightIfMatching)
    {
        var shares = new List<(Demand, int)>();
        var taken = new Dictionary<Demand, int>();
        var users = new PriorityQueue<UserTurn, (int, string)>();
        foreach (var user in groups.GroupBy(group => group.Owner))
        {
            var turn = new UserTurn(new Queue<Demand>(user.OrderByDescending(group => group.Priority).ThenBy(group => group.Since)
                .ThenBy(group => group.Description)));
            users.Enqueue(turn, (active.GetValueOrDefault(user.Key), user.Key));
        }
        while (slots > 0 && room > 0 && users.TryDequeue(out var turn, out var order))
        {
            if (turn.Next(weightIfMatching, taken) is not var (group, weight)) continue;
            taken[group] = taken.GetValueOrDefault(group) + 1;
            slots--;
            room -= weight;
            users.Enqueue(turn, (order.Item1 + 1, order.Item2));
        }
        foreach (var (group, number) in taken) shares.Add((group, number));
        return shares;
    }

    private sealed class UserTurn(Queue<Demand> groups)
    {
        private long? _weight;

        /// <summary>The group this user's next slot goes to, or null when nothing of theirs is left.</summary>
        public (Demand Group, long Weight)? Next(Func<Demand, long?> weightIfMatching, Dictionary<Demand, int> taken)
        {
            while (groups.TryPeek(out var group))
            {
                if (taken.GetValueOrDefault(group) < group.Number && (_weight ??= weightIfMatching(group)) is { } weight) return (group, weight);
                groups.Dequeue();
                _weight = null;
            }
            return null;
        }
    }
}
