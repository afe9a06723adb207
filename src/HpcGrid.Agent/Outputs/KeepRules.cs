using HpcGrid.Agent.Sandboxes;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;

namespace HpcGrid.Agent.Outputs;

/// <summary>What of a job is saved at its end.</summary>
internal static class KeepRules
{
    /// <summary>The description's rules for this outcome, and stdout and stderr where KeepOutput wants all of them and they are not saved anyway.</summary>
    public static IReadOnlyList<OutputRule> RulesFor(Outcome outcome, JobSpec spec, Sandbox sandbox)
    {
        var failed = outcome is Outcome.ExecutionFailed or Outcome.ValidationFailed or Outcome.LimitExceeded;
        if (!failed && outcome != Outcome.Succeeded) return [];
        var rules = failed ? spec.ErrorOutputs : spec.Outputs;
        if (spec.KeepOutput != KeepOutput.Always && (spec.KeepOutput != KeepOutput.Failed || !failed)) return rules;
        // An empty one is not worth the remark that it is not saved.
        List<string> wanted = [];
        if (sandbox.Printed.Stdout.Size > 0) wanted.Add(Sandbox.StdoutName);
        if (sandbox.Printed.Stderr.Size > 0) wanted.Add(Sandbox.StderrName);
        return wanted.Count == 0 ? rules : [.. rules, new OutputRule(null, wanted, [])];
    }
}
