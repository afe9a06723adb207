namespace HpcGrid.Core.Jdl;

/// <summary>Puts into texts what belongs to one subjob; a job of its own has no part, and its texts stay as they are. Pure.</summary>
/// <param name="part">The subjob; null for a job of its own.</param>
/// <param name="files">Paths of its InputData.</param>
internal sealed class PartText(JobPart? part, IReadOnlyList<string> files)
{
    /// <summary>Patterns first, then `_PARAM_`, so that a parameter's value is never taken for a pattern.</summary>
    public string Of(string text)
    {
        if (part is null) return text;
        var expanded = AlienPattern.Expand(text, part.Counter, files);
        return part.Parameter is null ? expanded : expanded.Replace(ParametricSplit.Placeholder, part.Parameter, StringComparison.Ordinal);
    }

    /// <summary>An output's name. Throws GridError(Invalid) when what was put in makes it none.</summary>
    public string OfName(string name)
    {
        var made = Of(name);
        // A name without patterns was checked when it was read; one with them only round them.
        var isChecked = made == name && !name.Contains(AlienPattern.Start, StringComparison.OrdinalIgnoreCase);
        return isChecked || OutputName.FaultOf(made) is not { } fault ? made
            : throw GridError.Invalid($"the output {Faults.Shown(name)} becomes {Faults.Shown(made)}, which {fault}",
                "What is put into the names of outputs must be names relative to the sandbox.");
    }
}
