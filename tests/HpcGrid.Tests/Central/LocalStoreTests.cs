using System.IO.Abstractions;
using System.Reflection;
using HpcGrid.Central.Storage;
using HpcGrid.Core;
using HpcGrid.Core.Data;

namespace HpcGrid.Tests.Central;

internal sealed class LocalStoreTests
{
    private static readonly byte[] Bytes = [1, 2, 3];
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "hpcgrid-test-store-" + Guid.NewGuid().ToString("N"));
    private readonly string _pfn = Pfn.Of(Guid.NewGuid());

    [TearDown]
    public void RemoveDirectory() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task A_full_disk_is_told_and_leaves_nothing()
    {
        var store = new LocalStore(FullDisk.Create(), _directory);
        var error = await Assert.ThrowsAsync<GridError>(() => store.Put(_pfn, Content.Of(Bytes), new MemoryStream(Bytes), () => Task.CompletedTask, default));
        Assert.Multiple(() =>
        {
            Assert.That(error!.Code, Is.EqualTo(ErrorCode.Unavailable));
            Assert.That(error.InnerException, Is.InstanceOf<IOException>(), "this is how the endpoint knows to answer 507");
            Assert.That(Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories), Is.Empty);
        });
    }

    [Test]
    public async Task What_is_to_be_done_before_publishing_is_done_while_the_file_has_no_name()
    {
        var store = new LocalStore(new FileSystem(), _directory);
        var published = true;
        await store.Put(_pfn, Content.Of(Bytes), new MemoryStream(Bytes), () => { published = store.Exists(_pfn); return Task.CompletedTask; }, default);
        Assert.That((published, store.Exists(_pfn)), Is.EqualTo((false, true)));
    }

    [Test]
    public async Task Leftovers_of_a_crash_go_and_deleting_twice_is_harmless()
    {
        var store = new LocalStore(new FileSystem(), _directory);
        await File.WriteAllBytesAsync(Path.Combine(_directory, ".incoming", "left"), Bytes);
        store.RemoveLeftovers();
        await store.Put(_pfn, Content.Of(Bytes), new MemoryStream(Bytes), () => Task.CompletedTask, default);
        store.Delete(_pfn);
        store.Delete(_pfn);
        Assert.That(Directory.EnumerateFiles(_directory, "*", SearchOption.AllDirectories), Is.Empty);
    }

    /// <summary>The real file system, on which every write finds no space.</summary>
    public class FullDisk : DispatchProxy
    {
        private readonly FileSystem _real = new();

        public static IFileSystem Create() => Create<IFileSystem, FullDisk>();

        protected override object? Invoke(MethodInfo? method, object?[]? arguments) =>
            method!.ReturnType == typeof(IFileStreamFactory) ? DispatchProxy.Create<IFileStreamFactory, FullStreams>() : method.Invoke(_real, arguments);
    }

    public class FullStreams : DispatchProxy
    {
        protected override object? Invoke(MethodInfo? method, object?[]? arguments) => new FullStream((string)arguments![0]!);
    }

    private sealed class FullStream(string path) : FileStream(path, FileMode.CreateNew, FileAccess.Write)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            throw new IOException("No space left on device");
    }
}
