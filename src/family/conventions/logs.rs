//! Logs, and what schedulers, builds and tests leave.

use super::Whose::Output;
use super::{Convention, DAY, HOUR, every};

pub(super) const ALL: &[Convention] = &[
    // Logs.
    every(
        DAY,
        40,
        &["/var/log/nginx/access.log-%Y%m%d.gz"],
        &["/var/log/nginx/access.log"],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/var/log/{httpd|nginx}/{access|error}_log-%Y%m%d"],
        &[],
        Output(4),
    ),
    every(
        DAY,
        14,
        &["/var/log/syslog.~.gz"],
        &["/var/log/syslog"],
        Output(1),
    ),
    every(DAY, 9, &["/var/log/{auth|kern|mail}.log.~"], &[], Output(3)),
    every(
        HOUR,
        90,
        &["/srv/logs/haproxy-%Y%m%d%H.log"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/opt/app/logs/server.log.%Y-%m-%d"],
        &["/opt/app/logs/server.log"],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/opt/app/logs/gc-%Y-%m-%d_%H-%M-%S.log"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/inetpub/logs/LogFiles/W3SVC1/u_ex%y%m%d.log"],
        &[],
        Output(1),
    ),
    every(
        DAY,
        40,
        &["/var/log/pods/shop_{web|api}-@10-@5_@8-1111-4222-8333-@12/app/~.log"],
        &[],
        Output(2),
    ),
    every(HOUR, 60, &["/var/log/atop/atop_%Y%m%d"], &[], Output(1)),
    every(DAY, 28, &["/var/log/sysstat/sa%d"], &[], Output(1)),
    every(
        DAY,
        40,
        &["/var/log/postgresql/postgresql-%Y-%m-%d_%H%M%S.{log|csv}"],
        &[],
        Output(2),
    ),
    every(HOUR, 60, &["/logs/cron/cron.%s"], &[], Output(1)),
    every(
        DAY,
        50,
        &["/u01/diag/rdbms/orcl/trace/orcl_ora_#5.trc"],
        &[],
        Output(1),
    ),
    // Schedulers, builds, tests.
    every(
        DAY,
        40,
        &["/opt/airflow/logs/{etl|load}/{extract|check}/%Y-%m-%dT00:00:00+00:00/1.log"],
        &[],
        Output(2),
    ),
    every(
        DAY,
        40,
        &[
            "/opt/airflow/logs/dag_id=etl/run_id=scheduled__%Y-%m-%dT03:00:00+00:00/task_id={extract|load}/attempt=1.log",
        ],
        &[],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/var/lib/jenkins/jobs/site/builds/#/log"],
        &["/var/lib/jenkins/config.xml"],
        Output(1),
    ),
    every(
        DAY,
        60,
        &["/srv/gitlab/shared/artifacts/aa/bb/%Y_%m_%d/#/@20/artifacts.zip"],
        &[],
        Output(3),
    ),
    every(HOUR, 60, &["/srv/perf/results-%s.jtl"], &[], Output(1)),
    every(
        HOUR,
        60,
        &["/srv/perf/basicsimulation-%Y%m%d%H%M%S123/simulation.log"],
        &[],
        Output(1),
    ),
    every(DAY, 40, &["/scratch/slurm/slurm-#7.out"], &[], Output(1)),
    every(
        DAY,
        40,
        &["/scratch/slurm/array-#6_{0|1|2|3}.{out|err}"],
        &[],
        Output(2),
    ),
];
