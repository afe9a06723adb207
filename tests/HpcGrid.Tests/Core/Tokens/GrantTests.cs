using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using HpcGrid.Core;
using HpcGrid.Core.Jobs;
using HpcGrid.Core.Tokens;

namespace HpcGrid.Tests.Core.Tokens;

public sealed class GrantTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly AttemptId Attempt = new(17, 2);
    private static readonly byte[] Spec = "{\"argv\":[\"/bin/true\"]}"u8.ToArray();

    private readonly SigningKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly SigningKey _stranger = new(ECDsa.Create(ECCurve.NamedCurves.nistP256));
    private readonly VerificationKeys _keys;

    public GrantTests() => _keys = new VerificationKeys([_key.PublicPem]);

    public void Dispose()
    {
        _keys.Dispose();
        _key.Dispose();
        _stranger.Dispose();
    }

    [Test]
    public void A_grant_permits_exactly_its_attempt_of_exactly_its_specification() =>
        Assert.That(Check(Grants.Sign(Grant, _key)), Is.EqualTo(GrantFault.None));

    [Test]
    public void What_is_granted_and_what_is_asked_must_agree()
    {
        var token = Grants.Sign(Grant, _key);
        Assert.Multiple(() =>
        {
            Assert.That(GrantCheck.Of(token, new AttemptId(17, 3), "ORNL", Spec, _keys, Now), Is.EqualTo(GrantFault.WrongAttempt));
            Assert.That(GrantCheck.Of(token, new AttemptId(18, 2), "ORNL", Spec, _keys, Now), Is.EqualTo(GrantFault.WrongAttempt));
            Assert.That(GrantCheck.Of(token, Attempt, "CERN", Spec, _keys, Now), Is.EqualTo(GrantFault.WrongSite));
            Assert.That(GrantCheck.Of(token, Attempt, "ORNL", [.. Spec, 32], _keys, Now), Is.EqualTo(GrantFault.WrongSpec));
            Assert.That(GrantCheck.Of(token, Attempt, "ORNL", [], _keys, Now), Is.EqualTo(GrantFault.WrongSpec));
        });
    }

    [Test]
    public void What_a_later_central_says_in_a_grant_besides_is_passed_over()
    {
        var payload = $$"""{"new":{"a":[1,{"b":2}]},"job":17,"attempt":2,"site":"ORNL","spec":"{{Grant.SpecSha256}}","exp":{{Grant.Expires}},"other":null}""";
        Assert.That(Check(SignedToken.Sign(Encoding.UTF8.GetBytes(payload), _key)), Is.EqualTo(GrantFault.None));
    }

    [TestCase(-61, GrantFault.NotYetValid)]
    [TestCase(-60, GrantFault.None)]
    [TestCase(0, GrantFault.None)]
    [TestCase(3599, GrantFault.None)]
    [TestCase(3600, GrantFault.Expired)]
    public void A_grant_has_a_beginning_with_some_skew_and_a_sharp_end(int secondsAfterNotBefore, GrantFault fault) =>
        Assert.That(GrantCheck.Of(Grants.Sign(Grant, _key), Attempt, "ORNL", Spec, _keys, Now.AddSeconds(secondsAfterNotBefore)), Is.EqualTo(fault));

    public static IEnumerable<TestCaseData> Forgeries()
    {
        yield return Forgery("none", (own, _) => Unsigned(own, "none"), GrantFault.Malformed);
        yield return Forgery("none in other letters", (own, _) => Unsigned(own, "NoNe"), GrantFault.Malformed);
        yield return Forgery("no algorithm", (own, _) => Unsigned(own, null), GrantFault.Malformed);
        yield return Forgery("HMAC with the public key as its secret", (own, _) => Hmac(own), GrantFault.Malformed);
        yield return Forgery("a stranger's key", (_, stranger) => Grants.Sign(Grant, stranger), GrantFault.UnknownKey);
        yield return Forgery("a stranger's signature under our key's name", Confused, GrantFault.BadSignature);
        yield return Forgery("a payload changed after signing", (own, _) => Changed(own), GrantFault.BadSignature);
        yield return Forgery("a signature of zeros", (own, _) => Resigned(own, new byte[64]), GrantFault.BadSignature);
        yield return Forgery("a short signature", (own, _) => Resigned(own, new byte[10]), GrantFault.BadSignature);
        yield return Forgery("no signature", (own, _) => Resigned(own, []), GrantFault.BadSignature);
        yield return Forgery("nothing", (_, _) => "", GrantFault.Malformed);
        yield return Forgery("dots", (_, _) => "..", GrantFault.Malformed);
        yield return Forgery("no base64", (_, _) => "ä.ö.ü", GrantFault.Malformed);
        yield return Forgery("a header that is a list", (own, _) => Encoded("[]") + "." + Parts(own)[1] + "." + Parts(own)[2], GrantFault.Malformed);
        yield return Forgery("a fourth part", (own, _) => Grants.Sign(Grant, own) + ".x", GrantFault.Malformed);
        yield return Forgery("a payload that is no grant", (own, _) => SignedToken.Sign("[1,2]"u8, own), GrantFault.Malformed);
        yield return Forgery("a payload that is null", (own, _) => SignedToken.Sign("null"u8, own), GrantFault.Malformed);
        yield return Forgery("a payload that is cut off", (own, _) => SignedToken.Sign("""{"job":17,"attempt":2"""u8, own), GrantFault.Malformed);
        yield return Forgery("a payload with more behind it", (own, _) => SignedToken.Sign("""{"job":17,"attempt":2}{}"""u8, own), GrantFault.Malformed);
        yield return Forgery("a number that is a text", (own, _) => SignedToken.Sign("""{"job":"17","attempt":2}"""u8, own), GrantFault.Malformed);
        yield return Forgery("an attempt beyond all numbers", (own, _) => SignedToken.Sign("""{"job":17,"attempt":4294967298}"""u8, own), GrantFault.Malformed);
        yield return Forgery("an attempt below all numbers", (own, _) => SignedToken.Sign("""{"job":17,"attempt":-4294967294}"""u8, own), GrantFault.Malformed);
        yield return Forgery("a text that is none", (own, _) => SignedToken.Sign([.. "{\"site\":\""u8, 0xff, .. "\"}"u8], own), GrantFault.Malformed);
        yield return Forgery("no attempt", (own, _) => SignedToken.Sign("""{"job":17}"""u8, own), GrantFault.WrongAttempt);

        static TestCaseData Forgery(string name, Func<SigningKey, SigningKey, string> make, GrantFault fault) =>
            new TestCaseData(make, fault).SetName($"A forged grant is refused: {name}");
    }

    [TestCaseSource(nameof(Forgeries))]
    public void A_forged_grant_is_refused(Func<SigningKey, SigningKey, string> make, GrantFault fault) =>
        Assert.That(Check(make(_key, _stranger)), Is.EqualTo(fault));

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(13)]
    [TestCase(16)]
    [TestCase(37)]
    public void Grants_that_are_signed_together_are_each_good_for_their_own_attempt_alone(int number)
    {
        var attempts = Enumerable.Range(1, number).Select(job => new AttemptId(job, 1)).ToList();
        var tokens = Grants.SignAll(attempts.Select(id => Grant with { Job = id.Job, Attempt = id.Attempt }), _key);
        Assert.That(tokens, Has.Length.EqualTo(number));
        Assert.Multiple(() =>
        {
            for (var i = 0; i < number; i++)
            {
                Assert.That(GrantCheck.Of(tokens[i], attempts[i], "ORNL", Spec, _keys, Now), Is.EqualTo(GrantFault.None), $"grant {i}");
                if (i > 0) Assert.That(GrantCheck.Of(tokens[i], attempts[i - 1], "ORNL", Spec, _keys, Now), Is.EqualTo(GrantFault.WrongAttempt), $"grant {i}");
            }
        });
    }

    public static IEnumerable<TestCaseData> ForgeriesOfSharedSignatures()
    {
        yield return Forgery("another's payload", tokens => With(tokens[3], 1, tokens[4].Split('.')[1]), GrantFault.BadSignature);
        yield return Forgery("another's place", tokens => With(tokens[3], 3, tokens[4].Split('.')[3]), GrantFault.BadSignature);
        yield return Forgery("no place", tokens => With(tokens[3], 3, ""), GrantFault.BadSignature);
        yield return Forgery("a place beyond the tree", tokens => With(tokens[3], 3, Place(tokens[3], place => place[0] = 200)), GrantFault.BadSignature);
        yield return Forgery("a tree of one", tokens => With(tokens[3], 3, Base64Url.EncodeToString([0, 1])), GrantFault.BadSignature);
        yield return Forgery("a longer way", tokens => With(tokens[3], 3, Base64Url.EncodeToString([.. Base64Url.DecodeFromChars(tokens[3].Split('.')[3]), 1])), GrantFault.BadSignature);
        yield return Forgery("a changed neighbour", tokens => With(tokens[3], 3, Place(tokens[3], place => place[^1] ^= 1)), GrantFault.BadSignature);
        yield return Forgery("a signature of another tree", tokens => With(tokens[3], 2, tokens[20].Split('.')[2]), GrantFault.BadSignature);
        yield return Forgery("the shared signature as its own", tokens => tokens[3][..tokens[3].LastIndexOf('.')], GrantFault.Malformed);

        static TestCaseData Forgery(string name, Func<string[], string> make, GrantFault fault) =>
            new TestCaseData(make, fault).SetName($"A grant under a shared signature is refused: {name}");
    }

    [TestCaseSource(nameof(ForgeriesOfSharedSignatures))]
    public void A_forged_grant_under_a_shared_signature_is_refused(Func<string[], string> make, GrantFault fault)
    {
        var tokens = Grants.SignAll(Enumerable.Range(1, 32).Select(job => Grant with { Job = job, Attempt = 1 }), _key);
        // What was found good before makes nothing else good.
        Assert.That(GrantCheck.Of(tokens[3], new AttemptId(4, 1), "ORNL", Spec, _keys, Now), Is.EqualTo(GrantFault.None));
        Assert.That(GrantCheck.Of(make(tokens), new AttemptId(4, 1), "ORNL", Spec, _keys, Now), Is.EqualTo(fault));
    }

    private static string With(string token, int part, string other)
    {
        var parts = token.Split('.');
        parts[part] = other;
        return string.Join('.', parts);
    }

    private static string Place(string token, Action<byte[]> change)
    {
        var place = Base64Url.DecodeFromChars(token.Split('.')[3]);
        change(place);
        return Base64Url.EncodeToString(place);
    }

    [Test]
    public void Two_keys_are_valid_at_once_while_they_rotate()
    {
        using var both = new VerificationKeys([_key.PublicPem, _stranger.PublicPem]);
        Assert.That(GrantCheck.Of(Grants.Sign(Grant, _stranger), Attempt, "ORNL", Spec, both, Now), Is.EqualTo(GrantFault.None));
    }

    [Test]
    public void A_file_that_is_no_key_is_corrupt() =>
        Assert.That(Assert.Throws<GridError>(() => new VerificationKeys(["-----BEGIN NOTHING-----"]).Dispose())!.Code, Is.EqualTo(ErrorCode.Corrupt));

    [Test]
    public void A_job_token_is_good_for_storage_until_its_end()
    {
        var token = new JobToken("vo", "jdoe", JobToken.StorageAudience, 17, 2, "storage.read:/a", Now.ToUnixTimeSeconds() + 60);
        Assert.Multiple(() =>
        {
            Assert.That(JobToken.Verify(token.Sign(_key), _keys, Now), Is.EqualTo(token));
            Assert.That(JobToken.Verify(token.Sign(_key), _keys, Now.AddSeconds(60)), Is.Null);
            Assert.That(JobToken.Verify(token.Sign(_stranger), _keys, Now), Is.Null);
            Assert.That(JobToken.Verify((token with { Audience = "grants" }).Sign(_key), _keys, Now), Is.Null);
            Assert.That(JobToken.Verify(Grants.Sign(Grant, _key), _keys, Now), Is.Null, "a grant is no storage token");
        });
    }

    [Test]
    public void A_storage_token_is_no_grant()
    {
        var token = new JobToken("vo", "jdoe", JobToken.StorageAudience, 17, 2, "storage.read:/a", Now.ToUnixTimeSeconds() + 3600);
        Assert.That(Check(token.Sign(_key)), Is.Not.EqualTo(GrantFault.None));
    }

    private static Grant Grant => new("vo", "jdoe", 17, 2, "ORNL", Grants.DigestOf(Spec), Now.ToUnixTimeSeconds(), Now.ToUnixTimeSeconds() + 3600);

    private GrantFault Check(string token) => GrantCheck.Of(token, Attempt, "ORNL", Spec, _keys, Now);

    private static string[] Parts(SigningKey key) => Grants.Sign(Grant, key).Split('.');

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Header(SigningKey key, string? algorithm) =>
        Encoded(algorithm is null ? $"{{\"kid\":\"{key.Id}\"}}" : $"{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\",\"kid\":\"{key.Id}\"}}");

    private static string Unsigned(SigningKey key, string? algorithm) => Header(key, algorithm) + "." + Parts(key)[1] + ".";

    private static string Hmac(SigningKey key)
    {
        var signed = Header(key, "HS256") + "." + Parts(key)[1];
        return signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(key.PublicPem), Encoding.ASCII.GetBytes(signed)));
    }

    /// <summary>The stranger signs correctly over a header that names our key.</summary>
    private static string Confused(SigningKey own, SigningKey stranger)
    {
        var theirs = Parts(stranger);
        return Header(own, "ES256") + "." + theirs[1] + "." + theirs[2];
    }

    private static string Changed(SigningKey key)
    {
        var parts = Parts(key);
        var payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1])).Replace("\"attempt\":2", "\"attempt\":3", StringComparison.Ordinal);
        return parts[0] + "." + Encoded(payload) + "." + parts[2];
    }

    private static string Resigned(SigningKey key, byte[] signature) => string.Join('.', Parts(key)[..2]) + "." + Base64Url.EncodeToString(signature);
}
