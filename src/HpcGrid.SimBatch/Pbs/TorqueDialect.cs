namespace HpcGrid.SimBatch.Pbs;

/// <summary>Torque 6: PBS as it was before PBS Professional.</summary>
internal sealed class TorqueDialect : PbsDialect
{
    public override string Name => "torque";

    public override bool IsTorque => true;

    public override (int Code, string Error) Unreachable(string command) =>
        (111, $"{command}: cannot connect to server {PbsText.Server} (errno=111) Connection refused\n");

}
