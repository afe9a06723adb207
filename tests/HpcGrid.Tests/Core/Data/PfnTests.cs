using FsCheck;
using FsCheck.Fluent;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Core.Data;

public sealed class PfnTests
{
    /// <summary>Worked out by hand from jalien.md 7.2: of 32 digits f, c0 = 480 mod 256 = 224 and c1 = 7920 mod 256 = 240, so x = 240, y = 16.</summary>
    [TestCase("00000000-0000-0000-0000-000000000000", "00/00000/00000000-0000-0000-0000-000000000000")]
    [TestCase("00000000-0000-0000-0000-000000000001", "01/00001/00000000-0000-0000-0000-000000000001")]
    [TestCase("10000000-0000-0000-0000-000000000000", "01/07968/10000000-0000-0000-0000-000000000000")]
    [TestCase("ffffffff-ffff-ffff-ffff-ffffffffffff", "00/04336/ffffffff-ffff-ffff-ffff-ffffffffffff")]
    public void A_physical_name_is_laid_out_as_AliEn_does(string guid, string pfn) => Assert.That(Pfn.Of(Guid.Parse(guid)), Is.EqualTo(pfn));

    [Test]
    public void Every_guid_has_a_well_formed_name() =>
        Prop.ForAll(ArbMap.Default.ArbFor<Guid>(), guid => Pfn.IsWellFormed(Pfn.Of(guid))).QuickCheckThrowOnFailure();

    [TestCase("")]
    [TestCase("00/00000/00000000-0000-0000-0000-000000000001")]
    [TestCase("01/00001/00000000-0000-0000-0000-00000000000A")]
    [TestCase("../00001/00000000-0000-0000-0000-000000000001")]
    [TestCase("01/00001/../../../../../../../../../etc/passwd")]
    [TestCase("01/00001/00000000-0000-0000-0000-000000000001/")]
    [TestCase("01/00001/{0000000-0000-0000-0000-000000000001}")]
    public void Anything_else_is_refused_before_it_touches_a_disk(string pfn) => Assert.That(Pfn.IsWellFormed(pfn), Is.False);
}
