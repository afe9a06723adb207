using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Core.Data;

public sealed class LfnTests
{
    [TestCase("/", "/")]
    [TestCase("/a", "/a")]
    [TestCase("/a/", "/a")]
    [TestCase("//a///b", "/a/b")]
    [TestCase("/a/./b/../c", "/a/c")]
    [TestCase("/../../a", "/a")]
    [TestCase("LF:/a/b", "/a/b")]
    [TestCase("lf:/a", "/a")]
    [TestCase("/a b/\"c\"\n;rm -rf/é日", "/a b/\"c\"\n;rm -rf/é日")]
    public void A_path_is_normalised(string text, string path) => Assert.That(Lfn.Parse(text).Path, Is.EqualTo(path));

    [TestCase("b", "/home/x/b")]
    [TestCase("../b", "/home/b")]
    [TestCase("/b", "/b")]
    [TestCase("LF:b", "/home/x/b")]
    public void A_relative_path_starts_at_a_directory(string text, string path) =>
        Assert.That(Lfn.Parse(text, Lfn.Parse("/home/x")).Path, Is.EqualTo(path));

    [TestCase("")]
    [TestCase("a/b")]
    [TestCase("/a\0b")]
    [TestCase("LF:")]
    public void What_is_no_path_is_refused(string text) =>
        Assert.That(Assert.Throws<GridError>(() => Lfn.Parse(text))!.Code, Is.EqualTo(ErrorCode.Invalid));

    [Test]
    public void Names_and_paths_have_a_longest_length()
    {
        Assert.That(Lfn.Parse("/" + new string('a', 255)).Name, Has.Length.EqualTo(255));
        Assert.Throws<GridError>(() => Lfn.Parse("/" + new string('é', 128)));
        Assert.Throws<GridError>(() => Lfn.Parse(string.Concat(Enumerable.Repeat("/abc", 1025))));
    }

    [TestCase("/foo", "/foo", true)]
    [TestCase("/foo", "/foo/bar", true)]
    [TestCase("/foo", "/foobar", false)]
    [TestCase("/foo/bar", "/foo", false)]
    [TestCase("/", "/foo", true)]
    public void A_directory_covers_by_component(string directory, string path, bool covers) =>
        Assert.That(Lfn.Parse(directory).Covers(Lfn.Parse(path)), Is.EqualTo(covers));

    [Test]
    public void Parent_name_and_child_fit_together()
    {
        var path = Lfn.Parse("/a/b c");
        Assert.That((path.Parent.Path, path.Name, path.Parent.Child("b c")), Is.EqualTo(("/a", "b c", path)));
        Assert.That((Lfn.Root.Parent, Lfn.Root.Name, default(Lfn).Path), Is.EqualTo((Lfn.Root, "", "/")));
        Assert.That(path.Components, Is.EqualTo(new[] { "a", "b c" }));
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("a/b")]
    [TestCase("a/..")]
    public void A_child_is_one_component(string name) => Assert.Throws<GridError>(() => Lfn.Parse("/x/y").Child(name));
}
