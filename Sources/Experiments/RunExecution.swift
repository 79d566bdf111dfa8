import Metrics

/// Executes one run: pool, training, evaluation. A pure function of the configuration, the evaluation plan and the
/// checkpoint; it knows no files, threads or signals.
///
/// - `checkpoint`: bytes of an earlier ``RunCheckpoint`` of the same run and numerics variant, nil to start afresh.
///   Throws when they are of another run or variant, or damaged; nothing has been done then.
/// - `directive` is asked at every step boundary and must be cheap.
/// - `onEvent` is called on the same thread. An error thrown by it is rethrown.
// The signature the orchestration calls; the body lands with the training module:
//
//   public func executeRun(
//       configuration: RunConfiguration, evaluation: EvaluationPlan, checkpoint: [UInt8]?,
//       cache: any ReferenceCache, directive: () -> RunDirective,
//       onEvent: (RunEvent) throws -> Void
//   ) throws -> RunOutcome
//
//   /// Metrics of a published run from its final parameters (`flowexp evaluate`).
//   public func evaluateRun(
//       configuration: RunConfiguration, evaluation: EvaluationPlan, parameters: [UInt8], cache: any ReferenceCache
//   ) throws -> [MetricValue]
enum RunExecutionContract {}
