//! Keeps the lanes full: as the blocks of one message are used up, the next message takes its lane.

use crate::hasher::{Block, State};
use crate::kernels::{Kernel, LANES};

/// Blocks to compress into a state, in two pieces that need not lie side by side. A lane works on one of these.
pub(crate) struct Work<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) blocks: &'a [Block],
    /// What comes after `blocks`.
    pub(crate) then: &'a [Block],
}

impl Work<'_> {
    /// Whether blocks are left. Goes on to the second piece where the first is used up.
    fn goes_on(&mut self) -> bool {
        if self.blocks.is_empty() {
            self.blocks = std::mem::take(&mut self.then);
        }
        !self.blocks.is_empty()
    }
}

/// Does all the work, with this kernel only, or with the best for as many lanes as are in use.
pub(crate) fn run<'a>(pinned: Option<Kernel>, works: &mut dyn Iterator<Item = Work<'a>>) {
    // What stands in a lane without work is never looked at.
    let mut nowhere = [State::default(); LANES];
    let mut lanes = nowhere.each_mut().map(|state| Work { state, blocks: &[], then: &[] });
    let mut active = 0;
    loop {
        // A lane that is done takes the next work. Without one it gives its place to the last lane.
        let mut lane = 0;
        while lane < active {
            if lanes[lane].goes_on() {
                lane += 1;
            } else if let Some(work) = works.next() {
                lanes[lane] = work;
            } else {
                active -= 1;
                lanes.swap(lane, active);
            }
        }
        while active < LANES
            && let Some(mut work) = works.next()
        {
            if work.goes_on() {
                lanes[active] = work;
                active += 1;
            }
        }
        let lanes = &mut lanes[..active];
        let Some(count) = lanes.iter().map(|work| work.blocks.len()).min() else { return };
        pinned.unwrap_or_else(|| Kernel::best(active)).compress(lanes, count);
    }
}
