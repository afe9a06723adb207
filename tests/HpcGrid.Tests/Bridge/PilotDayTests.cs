using HpcGrid.Bridge.Pilots;

namespace HpcGrid.Tests.Bridge;

/// <summary>A day of a site in virtual time: the planner of the bridge, and a batch system that is played.</summary>
public sealed class PilotDayTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1), Step = TimeSpan.FromSeconds(15);

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    public void A_day_of_productions_is_worked_off_within_the_limits_and_the_site_is_left_empty(int seed)
    {
        var day = new PlayedDay(seed) { MostQueued = 4, PerMinute = 6 };
        day.Arrive(TimeSpan.FromHours(1), 400);
        day.Arrive(TimeSpan.FromHours(9), 1500);
        day.Arrive(TimeSpan.FromHours(15), 40);
        day.Run(Day);
        Assert.Multiple(() =>
        {
            Assert.That(day.Waiting, Is.Zero, "all work is done");
            Assert.That(day.LargestQueue, Is.LessThanOrEqualTo(4));
            Assert.That(day.LargestNumber, Is.LessThanOrEqualTo(PlayedDay.Nodes));
            Assert.That(day.LargestNumber, Is.EqualTo(PlayedDay.Nodes), "while there is much to do, all nodes are used");
            Assert.That(day.MostInAMinute, Is.LessThanOrEqualTo(7), "ramp-up");
            Assert.That(day.Living, Is.Zero, "nothing is left over");
            Assert.That(day.NodeHours, Is.LessThan(day.WorkHours * 1.3), "and little was wasted");
        });
    }

    [Test]
    public void When_work_vanishes_queued_pilots_are_taken_back_after_a_while_and_not_at_once()
    {
        var day = new PlayedDay(1) { MostQueued = 10, PerMinute = 60, QueueWait = TimeSpan.FromHours(5) };
        day.Arrive(TimeSpan.Zero, 100);
        day.Run(TimeSpan.FromMinutes(20));
        Assert.That(day.Queued, Is.EqualTo(10));
        day.Waiting = 0;
        day.Run(TimeSpan.FromMinutes(24));
        Assert.That(day.Queued, Is.EqualTo(10));
        day.Run(TimeSpan.FromMinutes(40));
        Assert.That(day.Queued, Is.Zero);
        Assert.That(day.Living, Is.Zero);
    }

    [Test]
    public void A_broken_installation_does_not_flood_the_batch_system()
    {
        var day = new PlayedDay(1) { PerMinute = 60, Broken = true };
        day.Arrive(TimeSpan.Zero, 1000);
        day.Run(Day);
        Assert.That(day.Submitted, Is.LessThan(24 * 60 / 5), "one try in five minutes at most");
        day.Broken = false;
        day.Run(Day + Day);
        Assert.That(day.Waiting, Is.Zero, "and when it is mended the work is done");
    }

    [Test]
    public void Pilots_that_find_no_work_although_some_waits_are_tried_more_and_more_slowly()
    {
        var day = new PlayedDay(1) { PerMinute = 60, WorkFits = false };
        day.Arrive(TimeSpan.Zero, 1000);
        day.Run(Day);
        Assert.That(day.Submitted, Is.LessThan(150));
    }

    [Test]
    public void A_hole_in_the_schedule_makes_a_shorter_pilot_and_no_hole_a_whole_one()
    {
        var (whole, shortest) = (TimeSpan.FromHours(4), TimeSpan.FromMinutes(30));
        Assert.Multiple(() =>
        {
            Assert.That(PilotRules.Walltime(whole, shortest, 2, []), Is.EqualTo(whole));
            Assert.That(PilotRules.Walltime(whole, shortest, 2, [new(8, TimeSpan.FromHours(1)), new(2, TimeSpan.FromHours(2))]), Is.EqualTo(TimeSpan.FromMinutes(118)));
            Assert.That(PilotRules.Walltime(whole, shortest, 4, [new(8, TimeSpan.FromHours(1)), new(2, TimeSpan.FromHours(2))]), Is.EqualTo(TimeSpan.FromMinutes(58)));
            Assert.That(PilotRules.Walltime(whole, shortest, 2, [new(8, TimeSpan.FromMinutes(20))]), Is.EqualTo(whole), "not worth it");
            Assert.That(PilotRules.Walltime(whole, shortest, 2, [new(8, whole)]), Is.LessThan(whole), "it would not begin in time");
            Assert.That(PilotRules.Walltime(whole, shortest, 2, [new(8, TimeSpan.FromMinutes(31))]), Is.EqualTo(whole), "too short when it begins");
            Assert.That(PilotRules.Walltime(whole, shortest, 2, [new(8, null), new(8, TimeSpan.FromHours(1))]), Is.EqualTo(whole));
        });
    }

    /// <summary>A site of ten nodes with four cores; jobs take five minutes of one core; idle pilots end after five minutes.</summary>
    private sealed class PlayedDay(int seed)
    {
        public const int Nodes = 10;
        private const int Cores = 4;
        private static readonly TimeSpan JobTime = TimeSpan.FromMinutes(5), Walltime = TimeSpan.FromHours(2), IdleExit = TimeSpan.FromMinutes(5);
        private readonly Random _random = new(seed);
        private readonly List<Played> _pilots = [];
        private readonly List<(TimeSpan At, int Jobs)> _arrivals = [];
        private readonly Queue<TimeSpan> _starts = new();
        private PilotPlanner? _planner;
        private TimeSpan _now;

        public int MostQueued { get; init; } = int.MaxValue;
        public int PerMinute { get; init; }
        public TimeSpan QueueWait { get; init; } = TimeSpan.FromMinutes(10);
        public bool Broken { get; set; }
        public bool WorkFits { get; init; } = true;
        public int Waiting { get; set; }
        public int Submitted { get; private set; }
        public int LargestQueue { get; private set; }
        public int LargestNumber { get; private set; }
        public int MostInAMinute { get; private set; }
        public double NodeHours { get; private set; }
        public double WorkHours { get; private set; }
        public int Living => _pilots.Count;
        public int Queued => _pilots.Count(pilot => pilot.StartsAt > _now);

        public void Arrive(TimeSpan at, int jobs) => _arrivals.Add((at, jobs));

        public void Run(TimeSpan until)
        {
            _planner ??= new PilotPlanner(PerMinute);
            for (; _now < until; _now += Step)
            {
                foreach (var arrival in _arrivals.Where(arrival => arrival.At <= _now).ToList())
                {
                    Waiting += arrival.Jobs;
                    _arrivals.Remove(arrival);
                }
                Work();
                Plan();
                NodeHours += _pilots.Count(pilot => pilot.StartsAt <= _now) * Step.TotalHours;
                LargestQueue = Math.Max(LargestQueue, Queued);
                LargestNumber = Math.Max(LargestNumber, Living);
            }
        }

        private void Work()
        {
            foreach (var pilot in _pilots.Where(pilot => pilot.StartsAt <= _now).ToList())
            {
                if (Broken) { End(pilot, PilotEnd.DiedYoung); continue; }
                pilot.Jobs.RemoveAll(end => end <= _now);
                while (WorkFits && Waiting > 0 && pilot.Jobs.Count < Cores && _now + JobTime < pilot.StartsAt + Walltime)
                {
                    Waiting--;
                    pilot.Jobs.Add(_now + JobTime);
                    if (!pilot.Worked) _planner!.Worked();
                    pilot.Worked = true;
                    WorkHours += JobTime.TotalHours / Cores;
                }
                if (pilot.Jobs.Count > 0) pilot.IdleSince = _now;
                if (_now >= pilot.StartsAt + Walltime || _now - pilot.IdleSince >= IdleExit)
                    End(pilot, pilot.Worked || Waiting == 0 ? PilotEnd.Well : PilotEnd.FoundNoWork);
            }
        }

        private void End(Played pilot, PilotEnd end)
        {
            _pilots.Remove(pilot);
            _ = _planner!.Ended(end, _now);
        }

        private void Plan()
        {
            var held = _pilots.Sum(pilot => pilot.Jobs.Count);
            var plan = _planner!.Decide(new PilotView(Nodes, 1, Cores, held, Waiting, Living, Living) { Queued = Queued, MostQueued = MostQueued }, _now);
            for (var i = 0; i < plan.Start; i++)
            {
                var starts = _now + QueueWait * (0.5 + _random.NextDouble());
                _pilots.Add(new Played { StartsAt = starts, IdleSince = starts });
                Submitted++;
                _starts.Enqueue(_now);
            }
            while (_starts.TryPeek(out var oldest) && oldest <= _now - TimeSpan.FromMinutes(1)) _starts.Dequeue();
            MostInAMinute = Math.Max(MostInAMinute, _starts.Count);
            foreach (var pilot in _pilots.Where(pilot => pilot.StartsAt > _now).OrderByDescending(pilot => pilot.StartsAt).Take(plan.Cancel).ToList())
                End(pilot, PilotEnd.Well);
        }

        private sealed class Played
        {
            public TimeSpan StartsAt { get; init; }
            public TimeSpan IdleSince { get; set; }
            public bool Worked { get; set; }
            public List<TimeSpan> Jobs { get; } = [];
        }
    }
}
