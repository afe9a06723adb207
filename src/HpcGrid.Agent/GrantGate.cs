using System.Text.Json;
using HpcGrid.Agent.Jobs;
using HpcGrid.Core.Api;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Agent;

/// <summary>Whether a job may be started.</summary>
internal enum Admission
{
    Granted,
    /// <summary>Signed with a key that was not there when keys were last read; they are read again once.</summary>
    KeysMissing,
    /// <summary>There are no keys at all: it is the spool's fault, not the job's.</summary>
    NoKeys,
    /// <summary>Not at this time, with the reason in the job: it waited too long for this grant, and gets a new one.</summary>
    TooLate,
    /// <summary>Not at the time that this node's clock shows, which is before the job was assigned: the clock is wrong, not the job.</summary>
    TooEarly,
    /// <summary>No, with the reason in the job.</summary>
    Refused,
}

/// <summary>
/// Verifies grants without any network (facts/grid-services.md R-B1): issuer's signature, attempt, site, digest of the specification, once with the newest
/// keys and perhaps ahead; the time right before the start. A specification that is granted and cannot be read is refused too.
/// </summary>
internal sealed class GrantGate(string site)
{
    private VerificationKeys? _keys;
    private (byte[] Bytes, JobSpec Spec)? _last;
    private bool _asked = true;
    private bool _answered;

    /// <summary>The newest keys, or null when the spool shows none that are new.</summary>
    public void Take(VerificationKeys? keys)
    {
        if (keys is not null) _keys = keys;
        _asked = false;
        _answered = true;
    }

    /// <summary>Asks for keys, unless an answer is on its way.</summary>
    public void AskKeys(ISpoolOrders spool)
    {
        if (_asked) return;
        _asked = true;
        spool.Add(new KeysOrder());
    }

    /// <summary>Looks at all of a grant but the time before it is needed, while its slot's job runs; false when there was nothing to do.</summary>
    public bool LookAhead(JobRun run)
    {
        if (_keys is null || IsVerified(run, _keys)) return false;
        Verify(run, _keys);
        return true;
    }

    /// <summary>Other keys, other verdict: one may have been withdrawn.</summary>
    private static bool IsVerified(JobRun run, VerificationKeys keys) => run.Verified is { } verified && verified.Keys == keys;

    private GrantFault Verify(JobRun run, VerificationKeys keys)
    {
        if (IsVerified(run, keys)) return GrantFault.None;
        var fault = Grants.Verify(run.Job.Grant, run.Job.Id, site, run.Job.Spec, keys, out var validity);
        run.Verified = fault == GrantFault.None ? (keys, validity) : null;
        return fault;
    }

    public Admission Check(JobRun run, DateTimeOffset now)
    {
        if (_asked && !_answered) return Admission.KeysMissing;
        var fault = _keys is null ? GrantFault.UnknownKey : Verify(run, _keys) is not GrantFault.None and var bad ? bad : run.Verified!.Value.Validity.At(now);
        if (fault == GrantFault.UnknownKey)
        {
            // One more reading for each job that needs it: keys may have been rotated a moment ago.
            if (run.KeysAsked && !_asked) return _keys is null ? Admission.NoKeys : Refuse(run, fault.ToString());
            run.KeysAsked = true;
            return Admission.KeysMissing;
        }
        if (fault == GrantFault.Expired) return Put(run, Admission.TooLate, "the grant has expired by this node's clock");
        if (fault == GrantFault.NotYetValid) return Put(run, Admission.TooEarly, "this node's clock is wrong: it is behind the time when the job was assigned");
        if (fault != GrantFault.None) return Refuse(run, fault.ToString());
        if (run.Spec is not null) return Admission.Granted;
        try
        {
            run.Spec = Read(run.Job.Spec);
            return run.Spec is { Resources: not null } ? Admission.Granted : Refuse(run, "the specification is empty");
        }
        catch (JsonException e)
        {
            return Refuse(run, $"the specification cannot be read: {e.Message}");
        }
    }

    /// <summary>Jobs of one production often have the same specification, byte for byte: it is read once.</summary>
    private JobSpec? Read(byte[] bytes)
    {
        if (_last is { } last && last.Bytes.AsSpan().SequenceEqual(bytes)) return last.Spec;
        if (JsonSerializer.Deserialize(bytes, GridJson.Default.JobSpec) is not { } spec) return null;
        _last = (bytes, spec);
        return spec;
    }

    private static Admission Refuse(JobRun run, string why) => Put(run, Admission.Refused, $"refused: {why}");

    private static Admission Put(JobRun run, Admission admission, string reason)
    {
        run.Reason = reason;
        return admission;
    }
}
