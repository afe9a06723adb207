using HpcGrid.Sqlite;

namespace HpcGrid.Bridge.Ledger;

/// <summary>
/// What a query answered, by what it was asked for, until something is written: a bridge at rest asks the same questions with every tick, and of many jobs
/// they are dear. Answers are shared: nobody changes one.
/// </summary>
internal sealed class Remembered<TKey, TAnswer>(ChangeMark changes, Func<TKey, TAnswer> ask) where TKey : notnull
{
    private readonly Dictionary<TKey, TAnswer> _answers = [];
    private long _at;

    /// <summary>Throws what the query throws, and then remembers nothing.</summary>
    public TAnswer Of(TKey key)
    {
        if (_at != changes.Number) _answers.Clear();
        _at = changes.Number;
        return _answers.TryGetValue(key, out var known) ? known : _answers[key] = ask(key);
    }
}

/// <summary>The same of a query without parameters.</summary>
internal sealed class Remembered<TAnswer>(ChangeMark changes, Func<TAnswer> ask)
{
    private readonly Remembered<int, TAnswer> _one = new(changes, _ => ask());

    public TAnswer Now => _one.Of(0);
}
