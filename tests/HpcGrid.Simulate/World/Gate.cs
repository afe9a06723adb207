using System.Runtime.InteropServices;

namespace HpcGrid.Simulate.World;

/// <summary>
/// Lets one thread pass for each opening. A semaphore of the C library: a handover is one call of each side, where a monitor of the runtime needs five, and
/// handovers are what a simulation spends most on. It never spins: whoever waits here waits for long, and its core is wanted.
/// </summary>
internal sealed unsafe partial class Gate
{
    /// <summary>sem_t of 64-bit Linux has 32 bytes; with room to spare.</summary>
    private const nuint SemaphoreBytes = 64;
    private readonly void* _semaphore = NativeMemory.AllocZeroed(SemaphoreBytes);

    public Gate()
    {
        if (Init(_semaphore, 0, 0) != 0) throw new InvalidOperationException("sem_init failed");
    }

    ~Gate() => NativeMemory.Free(_semaphore);

    public void Open()
    {
        _ = Post(_semaphore);
        GC.KeepAlive(this);
    }

    public void Wait()
    {
        // EINTR: once more.
        while (WaitFor(_semaphore) != 0)
        {
        }
        GC.KeepAlive(this);
    }

    [LibraryImport("libc", EntryPoint = "sem_init")]
    private static partial int Init(void* semaphore, int shared, uint value);

    [LibraryImport("libc", EntryPoint = "sem_post")]
    private static partial int Post(void* semaphore);

    [LibraryImport("libc", EntryPoint = "sem_wait")]
    private static partial int WaitFor(void* semaphore);
}
