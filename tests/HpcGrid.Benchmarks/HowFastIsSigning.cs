using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Benchmarks;

/// <summary>Question: what does a grant cost central (signing) and an agent (verifying)? One of each per job.</summary>
public class HowFastIsSigning
{
    private static readonly byte[] Spec = Encoding.UTF8.GetBytes(new string('x', 600));
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    private readonly SigningKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly VerificationKeys _keys;
    private readonly Grant _grant;
    private readonly string _token;

    public HowFastIsSigning()
    {
        _keys = new VerificationKeys([_key.PublicPem]);
        _grant = new Grant("hpcgrid", "jdoe", 17, 1, "TITAN", Grants.DigestOf(Spec), Now.ToUnixTimeSeconds(), Now.AddHours(6).ToUnixTimeSeconds());
        _token = Grants.Sign(_grant, _key);
    }

    [Benchmark]
    public string Sign() => Grants.Sign(_grant, _key);

    [Benchmark]
    public GrantFault Verify() => Grants.Verify(_token, new AttemptId(17, 1), "TITAN", Spec, _keys, out _);
}
