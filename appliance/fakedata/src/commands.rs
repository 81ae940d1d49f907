//! From the options of a command to the plan of a run.

use anyhow::Result;

use crate::args::{
    EbpfArgs, FlowArgs, Framing as SyslogFraming, IpfixArgs, MessageArgs, SyslogArgs, Transport, UdpArgs,
};
use crate::flows::{FlowFormat, FlowGenerator, FlowPlan};
use crate::generator::Generator;
use crate::limits::MESSAGE_NUMBER_MIN;
use crate::lines::{LineGenerator, LineKind};
use crate::report::Report;
use crate::sending::{Framing, Plan, Way, resolve, run};

type Outcome = Result<(Report, Option<anyhow::Error>)>;

pub(crate) fn syslog(args: &SyslogArgs) -> Outcome {
    let way = match (args.transport, args.framing) {
        (Transport::Udp, _) => Way::Udp { offload: !args.no_gso },
        (Transport::Tcp, SyslogFraming::Newline) => Way::Tcp(Framing::Newline),
        (Transport::Tcp, SyslogFraming::OctetCounted) => Way::Tcp(Framing::OctetCounted),
    };
    lines(&args.target, args.kind, way, &args.load)
}

pub(crate) fn tcp(args: &MessageArgs) -> Outcome {
    lines(&args.target, args.kind, Way::Tcp(Framing::Newline), &args.load)
}

pub(crate) fn udp(args: &UdpArgs) -> Outcome {
    lines(&args.message.target, args.message.kind, Way::Udp { offload: !args.no_gso }, &args.message.load)
}

pub(crate) fn ebpf(args: &EbpfArgs) -> Outcome {
    let way = match args.transport {
        Transport::Udp => Way::Udp { offload: !args.no_gso },
        Transport::Tcp => Way::Tcp(Framing::Newline),
    };
    lines(&args.target, args.kind, way, &args.load)
}

pub(crate) fn flows(args: &FlowArgs, format: FlowFormat) -> Outcome {
    send_flows(args, format, Way::Udp { offload: !args.no_gso })
}

pub(crate) fn ipfix(args: &IpfixArgs) -> Outcome {
    let way = match args.transport {
        Transport::Udp => Way::Udp { offload: !args.flows.no_gso },
        Transport::Tcp => Way::Tcp(Framing::None),
    };
    send_flows(&args.flows, FlowFormat::Ipfix, way)
}

fn lines(target: &str, kind: impl LineKind, way: Way, load: &crate::args::LoadArgs) -> Outcome {
    let group = if way == (Way::Udp { offload: true }) { kind.group() } else { 1 };
    let (amount, size) = (&load.amount, load.size as usize);
    let generator = LineGenerator::with_ring(amount.seed, kind, size, group, amount.count_max());
    let generators = (0..usize::from(amount.connections))
        .map(|index| Box::new(generator.sibling(index)) as Box<dyn Generator>)
        .collect();
    let target = resolve(target)?;
    Ok(run(Plan { target, way, amount, size, first_number: load.first_number, generators }))
}

fn send_flows(args: &FlowArgs, format: FlowFormat, way: Way) -> Outcome {
    let (amount, size) = (&args.amount, usize::from(args.size));
    let plan = FlowPlan {
        format,
        seed: amount.seed,
        datagram_bytes: size,
        domains: args.domains,
        templates_every: args.templates_every,
    };
    let generator = FlowGenerator::new(&plan, amount.count_max());
    let generators = (0..usize::from(amount.connections))
        .map(|index| Box::new(generator.sibling(index)) as Box<dyn Generator>)
        .collect();
    let target = resolve(&args.target)?;
    Ok(run(Plan { target, way, amount, size, first_number: MESSAGE_NUMBER_MIN, generators }))
}
